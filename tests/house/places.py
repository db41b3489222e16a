"""Nothing in the files names the place where they were made: no registry host, no path of one machine."""

import json
import re
from pathlib import Path, PurePosixPath

from tests.house.project_files import list_files, read_text

# Written in pieces, so that this file does not find itself.
_REGISTRIES = (
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("registry.npmjs", "org"),
    ("registry.yarnpkg", "com"),
    ("npmmirror", "com"),
    ("repo1.maven", "org"),
    ("repo.maven.apache", "org"),
    ("crates", "io"),
    ("proxy.golang", "org"),
    ("sum.golang", "org"),
)
_HOSTS = re.compile("|".join(re.escape(".".join(host)) for host in _REGISTRIES))
# A home directory or a checkout's own place; /etc, /var and /usr/bin are the same on every machine.
_MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(work/\w+|root/\w+|home/(?!user\b|you\b)\w+|Users/\w+|tmp/\w+/)")
_NOT_OURS = ("ui/package-lock.json", "requirements.lock")


def find_places(root: Path) -> list[str]:
    """Lines that name a package registry or an absolute path of somebody's machine."""
    found = []
    for name in list_files(root):
        for number, line in enumerate((read_text(root, name) or "").splitlines(), start=1):
            place = _HOSTS.search(line) or (None if name in _NOT_OURS else _MACHINE_PATHS.search(line))
            if place:
                found.append(f"{name}:{number} names {place[0]}")
    return found


def _is_lock(name: str) -> bool:
    file = PurePosixPath(name).name
    return "lock" in PurePosixPath(file).suffixes[-1:] or file.endswith(("-lock.json", "-lock.yaml", ".lock", "go.sum"))


def _without_funding(text: str) -> str:
    """A package-lock.json without the `funding` links, which lead to the authors and not to a registry."""
    packages = json.loads(text).get("packages", {})
    return json.dumps(
        [{key: value for key, value in package.items() if key != "funding"} for package in packages.values()]
    )


def find_addresses_in_locks(root: Path) -> list[str]:
    """Lock files with an address inside: they tie everybody to one registry."""
    found = []
    for name in filter(_is_lock, list_files(root)):
        text = read_text(root, name) or ""
        if "://" in (_without_funding(text) if name.endswith("package-lock.json") else text):
            found.append(f"{name} holds an address; lock names, versions and hashes only")
    return found
