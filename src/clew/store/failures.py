"""What is to be done about loads that fail: which errors mean what, and whose turn is when."""

import errno
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

_FIRST_RETRY_S = 0.2
_LONGEST_RETRY_S = 10.0
# Codes that mean "these bytes can't be read", as opposed to "not now": nothing was written when they are raised.
_UNREADABLE = frozenset(
    {
        32,  # ATTEMPT_TO_READ_AFTER_EOF
        33,  # CANNOT_READ_ALL_DATA
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        117,  # INCORRECT_DATA
        128,  # TOO_LARGE_ARRAY_SIZE
        131,  # TOO_LARGE_STRING_SIZE
        436,  # PROTOBUF_BAD_CAST
        444,  # UNKNOWN_PROTOBUF_FORMAT
    }
)
# A value with two alternatives of a `oneof` comes under a code that is used for much else (36, BAD_ARGUMENTS).
_UNREADABLE_MESSAGE = "Invalid protobuf data"
_OUT_OF_MEMORY = 241
# Codes of troubles that no segment is the cause of.
_STORE_WIDE = frozenset(
    {
        75,  # CANNOT_WRITE_TO_FILE_DESCRIPTOR
        243,  # NOT_ENOUGH_SPACE
        252,  # TOO_MANY_PARTS
        394,  # QUERY_WAS_CANCELLED
    }
)
_STORE_WIDE_MESSAGES = tuple(
    os.strerror(number)
    for number in (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EMFILE, errno.ENFILE)
)


def is_unreadable(error: Exception) -> bool:
    """Whether no try will ever read these bytes."""
    return _code(error) in _UNREADABLE or (_code(error) > 0 and _UNREADABLE_MESSAGE in str(error))


def is_out_of_memory(error: Exception) -> bool:
    """Whether a smaller load might do."""
    return _code(error) == _OUT_OF_MEMORY


def is_store_wide(error: Exception) -> bool:
    """Whether the disk or the store as a whole is at fault, so that any other segment would fail, too."""
    return _code(error) in _STORE_WIDE or any(message in str(error) for message in _STORE_WIDE_MESSAGES)


def _code(error: Exception) -> int:
    found = re.search(r"Code: (\d+)", str(error))
    return 0 if found is None else int(found[1])


@dataclass(frozen=True, slots=True)
class Failure:
    """How often a segment failed, when its turn comes again, and how many loads there were before its first failure."""

    tries: int
    delay_s: float
    retry_at_s: float
    loads_before: int


class Failures:
    """The segments that failed and wait for another try, less and less often."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._failures: dict[int, Failure] = {}
        self._loads = 0

    def __len__(self) -> int:
        return len(self._failures)

    def is_due(self, sequence: int) -> bool:
        """Whether the segment never failed, or waited long enough."""
        failure = self._failures.get(sequence)
        return failure is None or self._clock_s() >= failure.retry_at_s

    def tries(self, sequence: int) -> int:
        """How often the segment failed."""
        return self._failures[sequence].tries if sequence in self._failures else 0

    def add(self, sequence: int) -> Failure:
        """The segment failed once more: 0.4, 0.8, 1.6 s later it is tried again, and from then on up to 10 s later."""
        before = self._failures.get(sequence)
        tries = self.tries(sequence) + 1
        delay_s = min(_FIRST_RETRY_S * 2**tries, _LONGEST_RETRY_S)
        loads_before = self._loads if before is None else before.loads_before
        self._failures[sequence] = Failure(tries, delay_s, self._clock_s() + delay_s, loads_before)
        return self._failures[sequence]

    def others_loaded(self, sequence: int) -> bool:
        """Whether any segment was loaded since this one failed for the first time."""
        return sequence in self._failures and self._loads > self._failures[sequence].loads_before

    def loaded(self, sequence: int) -> None:
        """The segment is loaded."""
        self._loads += 1
        self.forget(sequence)

    def forget(self, sequence: int) -> None:
        """The segment isn't waited for any more."""
        self._failures.pop(sequence, None)
