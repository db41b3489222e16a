import msgspec

from clew.api.ports import JournalStatus, StatusReport, StoreStatus, SystemStatus, TraceReader
from tests.api.memory_reader import MemoryReader, MemorySystem


def test_a_status_report_has_the_names_of_the_contract() -> None:
    """The report is written as it is: its field names are what importers read."""
    report = StatusReport("0.1.0", JournalStatus(10, 1, 7, 6), StoreStatus(3, 2, 1, 400))
    assert msgspec.to_builtins(report) == {
        "version": "0.1.0",
        "journal": {"waiting_bytes": 10, "waiting_segments": 1, "last_segment": 7, "loaded_segment": 6},
        "store": {"spans": 3, "traces": 2, "logs": 1, "bytes": 400},
        "load": {
            "failing_segments": 0,
            "last_error": "",
            "quarantine": "",
            "quarantined_files": 0,
            "quarantined_bytes": 0,
            "quarantined_names": (),
        },
        "graph_lag_s": None,
        "sampling_complaint": "",
    }


def test_what_the_tests_serve_has_all_methods_of_the_ports() -> None:
    """The reader in memory and its system have every method that the ports ask for."""
    for port, implementation in ((TraceReader, MemoryReader), (SystemStatus, MemorySystem)):
        asked = {name for name in vars(port) if not name.startswith("_")}
        assert asked
        assert asked <= set(dir(implementation))
