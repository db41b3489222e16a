"""Builds into the package what isn't Python: the web application, and the compiled code that reads what clients send.

`python hatch_build.py` builds the compiled code only, for a clone.
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

_C_FOLDERS = ("clew/sdk", "clew/wire")  # name.c becomes _name.so; what they share is in .h files
_OPTIONS = ("-std=c11", "-O3", "-Wall", "-Wextra", "-shared", "-fPIC", "-fvisibility=hidden")


class PackageHook(BuildHookInterface[Any]):
    """Runs before a wheel or an sdist is packed, and before an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and build the UI unless it is there already: a wheel made from an sdist needs no Node."""
        root = Path(self.root)
        if version != "editable":
            _ensure_web_application(root)
        if self.target_name == "wheel":
            libraries = build_libraries(root / "src")
            if libraries and version != "editable":
                build_data["force_include"] |= {
                    str(library): library.relative_to(root / "src").as_posix() for library in libraries
                }
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


def build_libraries(source: Path) -> list[Path]:
    """Compile every .c file of the package below `source`; for each that can't be, a warning on stderr.

    It is an acceleration: Clew without it does the same.
    """
    sources = sorted(path for folder in _C_FOLDERS for path in (source / folder).glob("*.c"))
    return [library for path in sources if (library := _try_to_compile(path)) is not None]


def _try_to_compile(path: Path) -> Path | None:
    library = path.with_name(f"_{path.stem}.so")
    try:
        _compile(path, library)
    except (OSError, subprocess.CalledProcessError) as error:
        advice = "Debian: gcc, and python3-dev for its headers"
        sys.stderr.write(f"Without a working C compiler {path.stem} is done more slowly ({advice}): {error}\n")
        library.unlink(missing_ok=True)  # it may be of an older source
        return None
    return library


def _compile(path: Path, library: Path) -> None:
    fresh = library.with_suffix(f".{os.getpid()}.so")
    headers = f"-I{sysconfig.get_path('include')}"
    subprocess.run([*_compiler(), *_OPTIONS, headers, "-o", str(fresh), str(path)], check=True)
    fresh.replace(library)  # at once: a running Clew has the old one mapped


def _compiler() -> list[str]:
    return shlex.split(os.environ.get("CC", "")) or ["cc"]


def _platform_tag() -> str:
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


if __name__ == "__main__":
    build_libraries(Path(__file__).parent / "src")
