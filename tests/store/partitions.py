"""Which parts hold rows of more than one tenant: none should."""

from clew.store.engine import Engine

LOADED = (
    "spans",
    "logs",
    "traces",
    "trace_starts",
    "operation_minutes",
    "operations",
    "origins",
    "attribute_values",
)


def shared_parts(engine: Engine) -> list[tuple[str, str]]:
    """Table and name of each part, also of one that awaits its removal or whose partition is another tenant's."""
    windows = engine.read("SELECT _part FROM clew.graph_windows GROUP BY _part HAVING uniqExact(tenant) > 1")
    shared = [("graph_windows", part.decode()) for (part,) in windows]
    for table in LOADED:
        rows = engine.read(
            "SELECT _part, arraySort(groupUniqArray(tenant)), arraySort(groupUniqArray(received_day))"
            f" FROM clew.{table} GROUP BY _part"
        )
        partitions = {
            bytes(name): bytes(partition)
            for name, partition in engine.read(
                "SELECT name, partition FROM system.parts WHERE database = 'clew' AND table = {t:String}", {"t": table}
            )
        }
        for part, tenants, days in rows:
            expected = f"('{days[0]}','{tenants[0].decode()}')".encode()
            if len(tenants) != 1 or len(days) != 1 or partitions.get(part, expected) != expected:
                shared.append((table, part.decode()))
    return shared
