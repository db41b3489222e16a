"""What is read for somebody is read of one tenant: each statement binds it, and a new one that doesn't is noticed."""

import re

import pytest

from tests.house.project_files import ROOT

_READERS = ("read", "read_tree", "read_graph", "read_red", "pins", "erase", "audit")
"""The modules of the store whose answers somebody gets to see, or who change what one tenant has."""
_TABLES = re.compile(
    r"\bclew(\.|, *)(spans|logs|traces|trace_starts|operations|operation_minutes|origins|attribute_values|pins|audit"
    r"|graph_windows|graph_links|trace_weights|erasure_rows)\b"
)
_BOUND = re.compile(r"\btenant (= |IN \()\{tenant:String\}")
_NAMED = re.compile(r'"(\w+\.sql)"')
NOT_BOUND = {
    "count_by_attribute.sql": "how many spans a condition is likely to match, to choose the way; nobody sees it",
    "count_by_nested_attribute.sql": "as count_by_attribute.sql",
    "list_tokens.sql": "the index is one for all tenants; what it finds is then looked for within the tenant",
    "forget_erasure.sql": "by the id of the request, which is one tenant's",
    "find_grown_traces.sql": "for the traces that are kept open, each under its tenant",
    "sum_erasure.sql": "by the id of the request, which is one tenant's",
    "record_audit.sql": "writes the tenant",
    "record_pin.sql": "writes the tenant",
    "current_rules.sql": "the rules are those of all tenants",
}


def _statements() -> dict[str, str]:
    """Name and text of what is asked for somebody."""
    source = ROOT / "src/clew"
    named = {
        name
        for module in _READERS
        for name in _NAMED.findall((source / f"store/{module}.py").read_text(encoding="utf-8"))
    }
    paths = [*(source / "query/sql").glob("*.sql"), *(source / "store/sql" / name for name in sorted(named))]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def _unbound(statements: dict[str, str]) -> list[str]:
    return [
        name
        for name, text in sorted(statements.items())
        if _TABLES.search(text) and not _BOUND.search(text) and name not in NOT_BOUND
    ]


def test_every_statement_binds_the_tenant() -> None:
    """Whatever reads a table of spans for somebody says of which tenant, besides those with a reason."""
    statements = _statements()
    assert len(statements) > 40
    assert _unbound(statements) == []


@pytest.mark.parametrize("text", ["SELECT 1 FROM clew.spans", "SELECT tenant FROM clew.logs WHERE tenant != ''"])
def test_one_without_a_tenant_is_noticed(text: str) -> None:
    """A statement that reads the spans of everybody doesn't pass."""
    assert _unbound({"new.sql": text}) == ["new.sql"]
