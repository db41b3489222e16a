"""The pages say what is there."""

import ast
import re
import tomllib
from pathlib import Path, PurePosixPath

from tests.house.project_files import list_files, list_python, parse, read_text

ADR_HEADINGS = ["Context", "Decision", "Alternatives", "Evidence"]
_ADR_NAME = re.compile(r"^docs/decisions/\d{4}-[a-z0-9-]+\.md$")
_PACKAGE_LINE = re.compile(r"^- `(?P<name>[\w/]+(?:/|\.py))`: (?P<line>.+)$", re.MULTILINE)
_MAKE_CALL = re.compile(r"(?:^|`)make ((?:[a-z-]+ ?)+)", re.MULTILINE)
_MAKE_TARGET = re.compile(r"^([a-z-]+):(?!=)", re.MULTILINE)
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def find_incomplete_decisions(root: Path) -> list[str]:
    """Decision records with other headings than the four, or a name that does not sort."""
    names = [name for name in list_files(root) if name.startswith("docs/decisions/")]
    found = [f"{name}: call it NNNN-title.md" for name in names if not _ADR_NAME.match(name)]
    for name in names:
        headings = re.findall(r"^## (.+)$", read_text(root, name) or "", re.MULTILINE)
        if headings != ADR_HEADINGS:
            found.append(f"{name}: the headings are {headings}, not {ADR_HEADINGS}")
    return found


def _first_lines(root: Path) -> dict[str, str]:
    """`pkg/` or `module.py` -> the first docstring line, for each package and each module right below clew."""
    lines = {}
    for name in list_python(root, "src/clew"):
        path = PurePosixPath(name).relative_to("src/clew")
        key = f"{path.parent}/" if path.name == "__init__.py" else str(path)
        if key != "./" and (key.endswith("/") or len(path.parts) == 1):
            lines[key] = (ast.get_docstring(parse(root, name)) or "").partition("\n")[0]
    return lines


def _drawn_lines(root: Path) -> dict[str, str]:
    return {line["name"]: line["line"] for line in _PACKAGE_LINE.finditer(read_text(root, "ARCHITECTURE.md") or "")}


def find_wrong_package_lines(root: Path) -> list[str]:
    """Packages whose docstring and line in ARCHITECTURE.md differ, or that only one of the two knows."""
    written, drawn = _first_lines(root), _drawn_lines(root)
    found = [f"ARCHITECTURE.md lacks - `{name}`: {written[name]}" for name in written.keys() - drawn.keys()]
    found += [f"ARCHITECTURE.md names {name}, which does not exist" for name in drawn.keys() - written.keys()]
    for name in written.keys() & drawn.keys():
        if written[name] != drawn[name]:
            found.append(f"{name}: the docstring says {written[name]!r}, ARCHITECTURE.md {drawn[name]!r}")
    return sorted(found)


def list_layers(root: Path) -> list[str]:
    """The layers of the contract from the top down; one in parentheses is optional."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [name.strip() for layer in layers for name in layer.split("|")]


def find_wrong_layers(root: Path) -> list[str]:
    """Layers that exist but are still optional, and an order in ARCHITECTURE.md that is not the contract's."""
    written, layers = _first_lines(root), list_layers(root)
    top = [name.strip("/").removesuffix(".py") for name in _drawn_lines(root) if "/" not in name.rstrip("/")]
    existing = {name.strip("/").removesuffix(".py") for name in written}
    found = [
        f"layer {name} exists: take its parentheses off"
        for name in layers
        if name.startswith("(") and name.strip("()") in existing
    ]
    expected = [name.strip("()") for name in layers if name.strip("()") in top]
    return found + ([] if top == expected else [f"ARCHITECTURE.md lists {top}, the contract says {expected}"])


def find_unknown_commands(root: Path) -> list[str]:
    """`make` verbs in a page that the Makefile does not have."""
    targets = set(_MAKE_TARGET.findall(read_text(root, "Makefile") or ""))
    pages = [name for name in list_files(root) if name.endswith(".md")]
    called = (
        (name, verb)
        for name in pages
        for verbs in _MAKE_CALL.findall(_code(read_text(root, name) or ""))
        for verb in verbs.split()
    )
    return sorted(
        {f"{name} calls `make {verb}`, which the Makefile lacks" for name, verb in called if verb not in targets}
    )


def _code(page: str) -> str:
    """Only what a page shows as code."""
    return "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", page, re.MULTILINE | re.DOTALL))


def find_dead_links(root: Path) -> list[str]:
    """Relative links in a page to files that do not exist."""
    pages = [name for name in list_files(root) if name.endswith(".md")]
    links = ((name, link) for name in pages for link in _LINK.findall(read_text(root, name) or ""))
    return [
        f"{name} links to {link}, which does not exist"
        for name, link in links
        if not (root / name).parent.joinpath(link).exists()
    ]
