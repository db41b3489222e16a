"""Builds the web application into the package, so that an installed Clew brings its UI."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebApplicationHook(BuildHookInterface[Any]):
    """Runs before a wheel or an sdist is packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the UI unless it is there already, so that a wheel made from an sdist needs no Node."""
        built = Path(self.root, "src", "clew", "api", "static", "index.html")
        if version != "editable" and not built.is_file():
            build_web_application(Path(self.root, "ui"))
            if not built.is_file():
                raise SystemExit(f"`npm run build` did not make {built}: see outDir in ui/vite.config.ts.")


def build_web_application(ui: Path) -> None:
    """Run `npm ci` and `npm run build` in `ui`; SystemExit says what is missing."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("The web application is not built and npm is missing: install Node.js 20 or newer.")
    for arguments in (["ci"], ["run", "build"]):
        subprocess.run([npm, *arguments], cwd=ui, check=True)
