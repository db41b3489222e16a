import pytest

from clew.errors import Overloaded
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.settings import ReceiveSettings
from tests.receive.memory_intake import MemoryIntake


def test_all_doors_share_one_bound_on_the_bytes_under_way(intake: MemoryIntake) -> None:
    """What one door holds is missing for the others, until it gives it back."""
    entrance = Entrance(ReceiveSettings(max_in_flight_bytes=10), intake, ReceiveCounters())
    with entrance.in_flight.hold() as one, entrance.in_flight.hold() as other:
        one.grow(8)
        with pytest.raises(Overloaded):
            other.grow(3)
        one.release()
        other.grow(3)
    assert entrance.in_flight.held_bytes == 0
    entrance.close()
