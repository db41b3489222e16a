"""Compiled translations under the sanitizers for addresses and undefined behaviour."""

import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.house.project_files import ROOT

_OPTIONS = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"]
_DRIVER = ROOT / "tests/wire/sanitized_driver.c"


def run_sanitized(source: Path, function: str, bodies: Iterable[bytes], folder: Path) -> list[bytes | None]:
    """What the C function in `source` makes of each body; fails when it touches what it must not, or leaks."""
    assert shutil.which("cc"), "install a C compiler (Debian: gcc)"
    program, file = folder / "driver", folder / "bodies"
    defined = [f'-DSOURCE="{source}"', f"-DFUNCTION={function}", f"-I{ROOT / 'src/clew/wire'}"]
    command = ["cc", *_OPTIONS, "-fno-sanitize-recover=all", *defined, str(_DRIVER), "-o", str(program)]
    subprocess.run(command, check=True)
    file.write_bytes(b"".join(struct.pack("=I", len(body)) + body for body in bodies))
    run = subprocess.run([program, file], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    said = [line.split(" ") for line in run.stdout.splitlines()]
    return [bytes.fromhex(written) if answer == "1" else None for answer, written in said]
