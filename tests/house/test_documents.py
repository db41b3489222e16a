from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.documents import (
    find_dead_links,
    find_incomplete_decisions,
    find_unknown_commands,
    find_wrong_layers,
    find_wrong_package_lines,
)
from tests.house.project_files import ROOT

Plant = Callable[[dict[str, str]], Path]

RECORD = "# 1. Title\n\n## Context\n\n## Decision\n\n## Alternatives\n\n## Evidence\n"
PACKAGES = {
    "src/clew/__init__.py": '"""Clew."""',
    "src/clew/errors.py": '"""One tree."""',
    "src/clew/model/__init__.py": '"""Values."""',
}
CONTRACT = '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["(api)", "model", "errors"]\n'
PAGE = "- `model/`: Values.\n- `errors.py`: One tree.\n"


def test_every_decision_is_complete() -> None:
    """Each record has its context, decision, alternatives and evidence."""
    assert find_incomplete_decisions(ROOT) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("0001-title.md", RECORD.replace("## Evidence\n", "")), ("0002-title.md", RECORD.replace("Context", "Why"))],
)
def test_an_incomplete_decision_is_found(plant: Plant, name: str, text: str) -> None:
    """A missing or renamed heading is named."""
    found = find_incomplete_decisions(plant({f"docs/decisions/{name}": text, "docs/decisions/0003-right.md": RECORD}))
    assert [line.split(":")[0] for line in found] == [f"docs/decisions/{name}"]


def test_a_decision_without_number_is_found(plant: Plant) -> None:
    """Records sort by number."""
    assert find_incomplete_decisions(plant({"docs/decisions/title.md": RECORD})) == [
        "docs/decisions/title.md: call it NNNN-title.md"
    ]


def test_packages_say_the_same_in_both_places() -> None:
    """The first docstring line of each package is its line in ARCHITECTURE.md."""
    assert find_wrong_package_lines(ROOT) == []


@pytest.mark.parametrize(
    ("page", "finding"),
    [
        ("- `model/`: Values.\n", "ARCHITECTURE.md lacks - `errors.py`: One tree."),
        (PAGE + "- `gone/`: Gone.\n", "ARCHITECTURE.md names gone/, which does not exist"),
        (PAGE.replace("Values", "Ids"), "model/: the docstring says 'Values.', ARCHITECTURE.md 'Ids.'"),
    ],
)
def test_a_wrong_package_line_is_found(plant: Plant, page: str, finding: str) -> None:
    """A missing, a superfluous and a differing line are named."""
    assert find_wrong_package_lines(plant(PACKAGES | {"ARCHITECTURE.md": page})) == [finding]


def test_layers_are_up_to_date() -> None:
    """Every layer that exists is required, and ARCHITECTURE.md lists them in order."""
    assert find_wrong_layers(ROOT) == []


def test_an_optional_layer_that_exists_is_found(plant: Plant) -> None:
    """Once a layer is there, its removal must break the contract."""
    files = PACKAGES | {"src/clew/api/__init__.py": '"""Door."""', "pyproject.toml": CONTRACT, "ARCHITECTURE.md": PAGE}
    assert find_wrong_layers(plant(files)) == ["layer (api) exists: take its parentheses off"]


def test_a_wrong_order_of_layers_is_found(plant: Plant) -> None:
    """The page lists the layers from the top down, as the contract does."""
    page = "\n".join(reversed(PAGE.splitlines()))
    root = plant(PACKAGES | {"pyproject.toml": CONTRACT, "ARCHITECTURE.md": page})
    assert find_wrong_layers(root) == [
        "ARCHITECTURE.md lists ['errors', 'model'], the contract says ['model', 'errors']"
    ]


def test_the_commands_of_the_pages_exist() -> None:
    """Every `make` verb in a page is a target of the Makefile."""
    assert find_unknown_commands(ROOT) == []


def test_an_unknown_command_is_found(plant: Plant) -> None:
    """A verb in a code block or in the text is named; prose about making things is not."""
    page = "Run `make test` or `make hot-coffee`.\n\n```\nmake run tea\n```\n\nThey make nothing.\n"
    root = plant({"Makefile": "run: test\ntest:\nX := 1\n", "README.md": page})
    assert find_unknown_commands(root) == [
        "README.md calls `make hot-coffee`, which the Makefile lacks",
        "README.md calls `make tea`, which the Makefile lacks",
    ]


def test_links_between_pages_lead_somewhere() -> None:
    """No page links to a file that does not exist."""
    assert find_dead_links(ROOT) == []


def test_a_dead_link_is_found(plant: Plant) -> None:
    """Links are relative to their page; addresses and anchors are left alone."""
    page = "[a](../README.md) [b](gone.md) [c](https://a.example) [d](#here) [e](../README.md#part)"
    root = plant({"docs/guide.md": page, "README.md": ""})
    assert find_dead_links(root) == ["docs/guide.md links to gone.md, which does not exist"]
