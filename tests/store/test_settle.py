import threading
from pathlib import Path
from typing import Any

from clew.journal.journal import Journal
from clew.store.engine import Engine
from clew.store.erase import Erasures
from clew.store.load import load_segment
from clew.store.migrate import migrate
from clew.store.settle import settle
from tests.store.aging_store import forms_of
from tests.store.alone import run_alone
from tests.upgrade.days_store import DaysStore, append, request


def _make(directory: Path) -> None:
    store = DaysStore(directory)
    store.fill()
    store.engine.close()


def _pending(directory: Path) -> None:
    """The loader was killed before it released a segment, and an erasure was asked for."""
    store = DaysStore(directory)
    journal = Journal(directory / "journal")
    append(journal, "shop", request(5000, 4, "loaded"))
    append(journal, "shop-2", request(6000, 3, "waiting"))
    journal.close()
    journal = Journal(directory / "journal")
    segment = journal.next_segment(10)
    assert segment is not None
    assert segment.stream == "traces/shop"
    load_segment(store.handle, segment)
    erasures = Erasures(store.engine, journal, directory / "erasures", threading.Lock(), lambda: None)
    erasures.ask("shop", "test", "", forms_of("said", "hello 1101"), "traces")
    journal.close()
    store.engine.close()


def _settled(directory: Path) -> dict[str, Any]:
    engine = Engine(directory / "store")
    journal = Journal(directory / "journal")
    migrate(engine, lambda: settle(engine, journal, directory / "quarantine", directory / "erasures"))
    said = "SELECT count() FROM clew.spans WHERE arrayExists(a -> position(a, {word:String}) > 0, attributes)"
    facts = {
        "waiting": journal.usage().waiting_segments,
        **{
            word: engine.read(said, {"word": word})[0][0]
            for word in ("loaded 5", "waiting 6", "hello 1101", "hello 1102")
        },
        "counted": engine.read("SELECT sum(span_count) FROM clew.operations WHERE tenant LIKE 'shop%'")[0][0],
        "spans": engine.read("SELECT count() FROM clew.spans WHERE tenant LIKE 'shop%'")[0][0],
        "erasures": list((directory / "erasures").iterdir()),
    }
    journal.close()
    engine.close()
    return facts


def test_what_is_not_done_with_is_brought_to_its_end_before(tmp_path: Path) -> None:
    """A segment that was loaded and not released is there once, one that waited is loaded, an erasure carried out."""
    run_alone(_make, tmp_path)
    run_alone(_pending, tmp_path)
    facts = run_alone(_settled, tmp_path)
    assert facts["waiting"] == 0
    assert facts["erasures"] == []
    assert (facts["loaded 5"], facts["waiting 6"]) == (12, 9)
    assert (facts["hello 1101"], facts["hello 1102"]) == (0, 3)
    assert facts["counted"] == facts["spans"] > 0
