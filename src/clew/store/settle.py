"""Before tables are made anew: what may be in them and is not done with is brought to its end.

The engine knows by their tokens which segments, and which corrections of an erasure, a table has; a copy of the table
doesn't. A mutation that is under way would end in the table that is copied, and not in the copy.
"""

from pathlib import Path

from clew.journal.journal import Journal
from clew.store.day_rewrite import await_mutations
from clew.store.engine import Engine
from clew.store.erase import ERASED_TABLES, Erasures
from clew.store.load import Loader


def settle(engine: Engine, journal: Journal, quarantine: Path, erasures: Path) -> None:
    """Load what waits in the journal, carry out the erasures that were asked for, and wait for mutations.

    For a store that nothing else loads into. Raises StoreError (or OSError, ClickHouseError) when that can't be done.
    """
    loader = Loader(engine, journal, quarantine)
    loader.load_waiting()
    Erasures(engine, journal, erasures, loader.loading, _go_on).run_pending()
    await_mutations(engine.trusted(), ERASED_TABLES, _go_on)


def _go_on() -> None:
    """Nothing needs the engine meanwhile."""
