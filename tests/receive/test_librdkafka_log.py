import logging

import pytest

from clew.receive.librdkafka_log import QuietLog


def test_lines_are_for_debugging_whatever_their_level(caplog: pytest.LogCaptureFixture) -> None:
    """What librdkafka takes for an error is a debug line with its values filled in."""
    caplog.set_level(logging.DEBUG, "clew.receive.librdkafka_log")
    QuietLog().log(logging.ERROR, "%s [%s] %s", "FAIL", "thrd:main", "refused")
    assert [(record.levelname, record.message) for record in caplog.records] == [("DEBUG", "FAIL [thrd:main] refused")]
