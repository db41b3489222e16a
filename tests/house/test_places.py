from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.places import find_addresses_in_locks, find_places
from tests.house.project_files import ROOT

Plant = Callable[[dict[str, str]], Path]


def test_nothing_names_a_registry_or_a_machine() -> None:
    """The project builds anywhere, from any mirror."""
    assert find_places(ROOT) == []


@pytest.mark.parametrize(
    "place",
    ["files.pythonhosted" + ".org", "registry.npmjs" + ".org", "/" + "root/x", "/" + "home/anna", "/" + "tmp/build7/"],
)
def test_a_place_is_found(plant: Plant, place: str) -> None:
    """A registry's host and a path of one machine are named with their line."""
    root = plant({"docs/guide.md": f"First\nsee {place} for more\n"})
    assert len(found := find_places(root)) == 1
    assert found[0].startswith("docs/guide.md:2 names ")


@pytest.mark.parametrize(
    "text", ["/etc/clew/clew.toml", "/var/lib/clew", "src/root/x", "https://opentelemetry.io/home/page", "/opt/clew"]
)
def test_a_path_of_every_machine_is_accepted(plant: Plant, text: str) -> None:
    """System folders, relative paths and addresses of pages are fine."""
    assert find_places(plant({"docs/guide.md": text})) == []


def test_lock_files_hold_no_address() -> None:
    """Every lock file works with every registry."""
    assert find_addresses_in_locks(ROOT) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.lock", "--index-url https://mirror.example/simple\n"),
        ("uv.lock", 'source = { registry = "https://mirror.example/simple" }\n'),
        ("ui/package-lock.json", '{"packages": {"a": {"resolved": "https://mirror.example/a.tgz"}}}'),
    ],
)
def test_an_address_in_a_lock_file_is_found(plant: Plant, name: str, text: str) -> None:
    """An address of any host is named, not only a well-known one."""
    assert find_addresses_in_locks(plant({name: text})) == [
        f"{name} holds an address; lock names, versions and hashes only"
    ]


def test_a_link_to_the_authors_is_no_registry(plant: Plant) -> None:
    """Npm copies where to fund a package into the lock; nothing is fetched from there."""
    root = plant(
        {"ui/package-lock.json": '{"packages": {"a": {"version": "1", "funding": {"url": "https://a.example"}}}}'}
    )
    assert find_addresses_in_locks(root) == []
