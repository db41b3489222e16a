from importlib.util import find_spec

from clew.demo.roster import FAULTABLE, ROSTER


def test_every_role_is_played() -> None:
    """Each process of the roster has its module."""
    assert len(ROSTER) >= 7
    assert all(find_spec(f"clew.demo.services.{name}") for name in ROSTER)


def test_all_ways_to_export_are_used() -> None:
    """The shop exercises gRPC, HTTP, compressed HTTP and a process that isn't instrumented."""
    assert {role.exports for role in ROSTER.values()} == {"grpc", "http", "http+gzip", None}


def test_only_instrumented_services_can_be_made_to_fail() -> None:
    """A fault can be seen in the traces of the service that it was given to."""
    assert all(ROSTER[name].exports for name in FAULTABLE)
