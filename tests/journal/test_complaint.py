import logging

import pytest

from clew.journal.complaint import INTERVAL_S, Complaint


def test_a_trouble_that_lasts_is_told_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    """The first is told at once, those within the interval are counted, and the next line has their number."""
    now_s = 0.0
    complaint = Complaint(logging.getLogger("trouble"), lambda: now_s)
    for _ in range(100):
        complaint.tell("the disk is full")
    assert caplog.messages == ["the disk is full"]
    now_s = INTERVAL_S
    complaint.tell("the disk is still full")
    assert caplog.messages[1:] == ["the disk is still full (99 more like this since the last line)"]
    now_s = 2 * INTERVAL_S
    complaint.tell("again")
    assert caplog.messages[2:] == ["again"]
