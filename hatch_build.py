"""Builds into the package what isn't Python: the web application, and the compiled scanner of OTLP bytes.

`python hatch_build.py` builds the scanner only, for a clone.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCANNER = "clew/wire/_otlp_scan.so"
_SCANNER_SOURCE = "clew/wire/otlp_scan.c"
_OPTIONS = ("-std=c11", "-O3", "-Wall", "-Wextra", "-shared", "-fPIC", "-fvisibility=hidden")


class PackageHook(BuildHookInterface[Any]):
    """Runs before a wheel or an sdist is packed, and before an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the scanner, and the UI unless it is there already: a wheel made from an sdist needs no Node."""
        root = Path(self.root)
        if version != "editable":
            _ensure_web_application(root)
        if self.target_name == "wheel":
            library = build_scanner(root / "src")
            if library and version != "editable":
                build_data["force_include"][str(library)] = SCANNER
                build_data["pure_python"] = False
                build_data["tag"] = f"py3-none-{_platform_tag()}"


def _ensure_web_application(root: Path) -> None:
    built = root / "src/clew/api/static/index.html"
    if not built.is_file():
        build_web_application(root / "ui")
        if not built.is_file():
            raise SystemExit(f"`npm run build` did not make {built}: see outDir in ui/vite.config.ts.")


def build_web_application(ui: Path) -> None:
    """Run `npm ci` and `npm run build` in `ui`; SystemExit says what is missing."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("The web application is not built and npm is missing: install Node 20.19 or newer.")
    for arguments in (["ci"], ["run", "build"]):
        subprocess.run([npm, *arguments], cwd=ui, check=True)


def build_scanner(source: Path) -> Path | None:
    """Compile the scanner below `source`; None, and a warning on stderr, when that can't be done here.

    It is an acceleration: Clew without it does the same.
    """
    library = source / SCANNER
    fresh = library.with_suffix(f".{os.getpid()}.so")
    command = [*_compiler(), *_OPTIONS, "-o", str(fresh), str(source / _SCANNER_SOURCE)]
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"Without a working C compiler requests are checked more slowly (Debian: gcc): {error}\n")
        library.unlink(missing_ok=True)  # it may be of an older source
        return None
    fresh.replace(library)  # at once: a running Clew has the old one mapped
    return library


def _compiler() -> list[str]:
    return shlex.split(os.environ.get("CC", "")) or ["cc"]


def _platform_tag() -> str:
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


if __name__ == "__main__":
    build_scanner(Path(__file__).parent / "src")
