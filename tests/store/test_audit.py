from clew.store.audit import list_audit, record_audit
from tests.data_plane import DataPlane


def test_lines_are_listed_newest_first(data_plane: DataPlane, tenant: str) -> None:
    """Only those of the tenant, at most as many as asked for."""
    for number in range(3):
        record_audit(data_plane.engine, tenant, "ann", "pin", str(number), traces=1)
    record_audit(data_plane.engine, f"{tenant}-2", "bob", "pin", "x")
    assert [line.subject for line in list_audit(data_plane.engine, tenant, 10)] == ["2", "1", "0"]
    assert len(list_audit(data_plane.engine, tenant, 2)) == 2


def test_a_request_has_one_line_for_each_action(data_plane: DataPlane, tenant: str) -> None:
    """Written again after a crash it stays one."""
    for action in ("asked to erase", "erase", "erase"):
        record_audit(data_plane.engine, tenant, "ann", action, "s", request_id=tenant, spans=5)
    lines = list_audit(data_plane.engine, tenant, 10, request_id=tenant)
    assert [line.action for line in lines] == ["erase", "asked to erase"]
