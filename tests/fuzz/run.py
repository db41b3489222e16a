"""`make fuzz`: every decoder gets bytes that a fuzzer makes up, guided by the code that they reach.

python -m tests.fuzz.run [--seconds 300] [--grow] [NAME ...]

Each starts from its corpus in tests/fuzz/corpus. Any exception but InputRefused is a fault, and so is compiled code
that says something else than the reference; the body that did it is put into the corpus, where the tests find it.
--grow adds to the corpus what reached new code, as few bodies as will do.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.decoders import DECODERS, Decoder

_MAX_BYTES = 4096
"""Of a body: longer ones reach no more code and are tried less often."""
_SLOW_S = 10
_MEMORY_MIB = 2048


def main() -> int:
    """Fuzz the decoders one after the other; 1 when one of them failed."""
    options = _parse_arguments()
    chosen = [each for each in DECODERS if not options.names or each.name in options.names]
    failed = [decoder.name for decoder in chosen if not fuzz(decoder, options.seconds, options.grow)]
    sys.stdout.write(f"failed: {', '.join(failed)}\n" if failed else f"{len(chosen)} decoders, no fault\n")
    return 1 if failed else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description="Fuzz the decoders.")
    parser.add_argument("--seconds", type=int, default=300, help="for each decoder")
    parser.add_argument("--grow", action="store_true", help="add to the corpus what reached new code")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(each.name for each in DECODERS))
    options = parser.parse_args()
    unknown = set(options.names) - {each.name for each in DECODERS}
    if unknown:
        parser.error(f"no decoder is named {', '.join(sorted(unknown))}")
    return options


def fuzz(decoder: Decoder, seconds: int, grow: bool) -> bool:
    """Did the decoder stand it?"""
    sys.stderr.write(f"{decoder.name}: {seconds} s\n")
    decoder.corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        program, found = Path(folder) / "target", Path(folder) / "found"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.fuzz.target {decoder.name} "$0" "$@"\n')
        program.chmod(0o700)
        found.mkdir()
        limits = [f"-max_total_time={seconds}", f"-timeout={_SLOW_S}", f"-rss_limit_mb={_MEMORY_MIB}"]
        report = ["-print_final_stats=1", f"-artifact_prefix={decoder.corpus}/fault-"]
        ran = _run(program, [f"-max_len={_MAX_BYTES}", *limits, *report, str(found), str(decoder.corpus)])
        if ran and grow:
            ran = _run(program, ["-merge=1", str(decoder.corpus), str(found)])
    return ran


def _run(program: Path, arguments: list[str]) -> bool:
    path = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
    return subprocess.run([program, *arguments], env={**os.environ, "PYTHONPATH": path}, check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
