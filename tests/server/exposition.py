"""A reader of the Prometheus text format, as strict as a scraper."""

import re

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]

_SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')
_LABEL = re.compile(r'(\w+)="((?:[^"\\\n]|\\["\\n])*)"')


def parse_exposition(text: str) -> Samples:
    """Every sample by its name and its labels, sorted; fails for whatever a scraper would refuse."""
    assert text.endswith("\n")
    samples: Samples = {}
    described: list[str] = []
    family = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            assert family not in described, f"{family} is described twice"
            described.append(family)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family
            assert kind in {"counter", "gauge"}
            assert (kind == "counter") == name.endswith("_total")
        else:
            sample = _SAMPLE.fullmatch(line)
            assert sample is not None, f"a scraper can't read {line!r}"
            assert sample[1] == family, f"{sample[1]} stands among the samples of {family}"
            key = (sample[1], tuple(sorted(_LABEL.findall(sample[2] or ""))))
            assert key not in samples, f"{key} is there twice"
            samples[key] = float(sample[3])
    return samples
