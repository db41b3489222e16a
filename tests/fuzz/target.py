"""One decoder under the fuzzer, in a process of its own: libFuzzer ends it. See run.py.

python -m tests.fuzz.target NAME PROGRAM [libFuzzer's arguments]

PROGRAM is what libFuzzer starts, with other arguments, to merge corpora: it must start this again.
"""

import sys

import atheris

with atheris.instrument_imports(include=["clew.wire", "clew.model"]):
    from tests.fuzz.decoders import DECODERS, run_one


def main() -> None:
    """Feed the decoder until the time is over, or it fails."""
    _, name, *sys.argv = sys.argv
    (decoder,) = (each for each in DECODERS if each.name == name)

    def feed(body: bytes) -> None:
        run_one(decoder, body)

    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
