"""What adaptive sampling has learned, kept over a restart."""

import logging
import math
from collections.abc import Mapping
from pathlib import Path

import orjson

from clew.sampling.adaptive import Learned, Operation
from clew.sampling.durable_file import write_durably

log = logging.getLogger(__name__)


def read_learned(path: Path) -> dict[Operation, Learned]:
    """Empty when there is no such file yet, or when it can't be read: all of it can be learned again."""
    try:
        content = orjson.loads(path.read_bytes())
        return {
            (service, operation): _learned(*figures)
            for service, operations in content["probabilities"].items()
            for operation, figures in operations.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s can't be read, adaptive sampling begins anew: %s", path, error)
        return {}


def write_learned(path: Path, learned: Mapping[Operation, Learned]) -> None:
    """Replace the file. Raises OSError."""
    services: dict[str, dict[str, tuple[float, float]]] = {}
    for (service, operation), each in learned.items():
        services.setdefault(service, {})[operation] = (each.probability, each.seen_unix_s)
    write_durably(path, orjson.dumps({"probabilities": services}))


def _learned(probability: float, seen_unix_s: float) -> Learned:
    if not 0 < probability <= 1 or not math.isfinite(seen_unix_s):
        raise ValueError(f"{probability} is no probability")
    return Learned(float(probability), float(seen_unix_s))
