"""A reader of the Prometheus text format, as strict as a scraper."""

import math
import re
from itertools import pairwise

Labels = tuple[tuple[str, str], ...]
Samples = dict[tuple[str, Labels], float]

_SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')
_LABEL = re.compile(r'(\w+)="((?:[^"\\\n]|\\["\\n])*)"')
_HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")


def parse_exposition(text: str) -> Samples:
    """Every sample by its name and its labels, sorted; fails for whatever a scraper would refuse."""
    assert text.endswith("\n")
    samples: Samples = {}
    kinds: dict[str, str] = {}
    family = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            assert family not in kinds, f"{family} is described twice"
            kinds[family] = ""
        elif line.startswith("# TYPE "):
            _, _, name, kinds[family] = line.split(" ")
            assert name == family
            assert kinds[family] in {"counter", "gauge", "histogram"}
            assert (kinds[family] == "counter") == name.endswith("_total")
        else:
            name, labels, value = _read_sample(line)
            wanted = [family + part for part in _HISTOGRAM_PARTS] if kinds[family] == "histogram" else [family]
            assert name in wanted, f"{name} stands among the samples of {family}"
            assert (name, labels) not in samples, f"{name} {labels} is there twice"
            samples[name, labels] = value
    for family, kind in kinds.items():
        if kind == "histogram":
            _check_histogram(family, samples)
    return samples


def _read_sample(line: str) -> tuple[str, Labels, float]:
    sample = _SAMPLE.fullmatch(line)
    assert sample is not None, f"a scraper can't read {line!r}"
    return sample[1], tuple(sorted(_LABEL.findall(sample[2] or ""))), float(sample[3])


def _check_histogram(family: str, samples: Samples) -> None:
    """Each series has rising buckets up to infinity, which holds all, and a sum."""
    for (name, labels), count in samples.items():
        if name != f"{family}_count":
            continue
        buckets = {
            float(dict(of)["le"]): value
            for (each, of), value in samples.items()
            if each == f"{family}_bucket" and tuple(pair for pair in of if pair[0] != "le") == labels
        }
        assert list(buckets) == sorted(buckets)
        assert all(lower <= higher for lower, higher in pairwise(buckets.values()))
        assert buckets[math.inf] == count
        assert (f"{family}_sum", labels) in samples
