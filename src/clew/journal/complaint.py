"""A trouble that comes with every request is told when it begins, and then now and then: a log fills disks, too."""

import logging
import threading
import time
from collections.abc import Callable

INTERVAL_S = 10.0


class Complaint:
    """Writes one error every `INTERVAL_S` seconds at most, with the number of those that it left out; any thread."""

    def __init__(self, log: logging.Logger, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._told_s = float("-inf")
        self._left_out = 0

    def tell(self, message: str) -> None:
        """Log the message, or count it."""
        with self._lock:
            now_s = self._clock_s()
            if now_s - self._told_s < INTERVAL_S:
                self._left_out += 1
                return
            left_out, self._left_out, self._told_s = self._left_out, 0, now_s
        self._log.error("%s%s", message, f" ({left_out} more like this since the last line)" if left_out else "")
