import pytest

from clew.errors import StoreError
from clew.store.failures import Failures, is_out_of_memory, is_store_wide, is_unreadable


@pytest.mark.parametrize(
    ("message", "kinds"),
    [
        ("Code: 33. DB::Exception: Cannot read all data", "unreadable"),
        ("Code: 36. DB::Exception: Invalid protobuf data", "unreadable"),
        ("Code: 36. DB::Exception: something else", ""),
        ("Code: 241. DB::Exception: Memory limit exceeded", "memory"),
        ("Code: 243. DB::Exception: Cannot reserve", "store"),
        ("Code: 1001. std::filesystem: No space left on device", "store"),
        ("Code: 395. DB::Exception: Value passed to 'throwIf'", ""),
        ("Invalid protobuf data", ""),
    ],
)
def test_errors_are_told_apart(message: str, kinds: str) -> None:
    """By code, and by the words of the operating system; what is none of these is the segment's own fault."""
    error = StoreError(message)
    found = [
        is_unreadable(error) and "unreadable",
        is_out_of_memory(error) and "memory",
        is_store_wide(error) and "store",
    ]
    assert [kind for kind in found if kind] == kinds.split()


def test_a_full_disk_in_python_is_the_disks_fault() -> None:
    """An OSError of the same reason counts like the engine's."""
    assert is_store_wide(OSError(28, "No space left on device"))
    assert not is_store_wide(FileNotFoundError(2, "No such file or directory"))


def test_tries_come_less_and_less_often() -> None:
    """Each failure doubles the wait, up to ten seconds; a load ends it."""
    now_s = 100.0
    failures = Failures(lambda: now_s)
    delays_s = []
    for tries in range(1, 9):
        assert failures.is_due(1)
        failure = failures.add(1)
        assert (failure.tries, failures.tries(1)) == (tries, tries)
        assert not failures.is_due(1)
        delays_s.append(failure.delay_s)
        now_s += failure.delay_s
    assert delays_s == pytest.approx([0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10])
    assert len(failures) == 1
    failures.loaded(1)
    assert (len(failures), failures.is_due(1), failures.tries(1)) == (0, True, 0)


def test_loads_of_others_count_from_the_first_failure() -> None:
    """A load before the first failure says nothing, one after it says that the store works."""
    failures = Failures()
    failures.loaded(1)
    failures.add(2)
    assert not failures.others_loaded(2)
    failures.loaded(3)
    failures.add(2)
    assert failures.others_loaded(2)
    assert not failures.others_loaded(4)
    failures.forget(2)
    assert len(failures) == 0
