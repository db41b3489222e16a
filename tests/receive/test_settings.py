from clew.receive.settings import ReceiveSettings
from clew.wire.otlp_check import CheckLimits


def test_one_request_of_the_largest_size_fits_into_the_defaults() -> None:
    """The limits grow from the wire inwards, so that no request is refused by the wrong one."""
    settings = ReceiveSettings()
    assert settings.inline_bytes < settings.max_json_bytes <= settings.max_body_bytes <= settings.max_inflated_bytes
    assert settings.max_body_bytes + settings.max_inflated_bytes <= settings.max_in_flight_bytes
    assert settings.max_attributes == CheckLimits().attributes


def test_a_whole_body_may_take_longer_than_one_pause() -> None:
    """The time for a body is longer than that for one silence within it."""
    settings = ReceiveSettings()
    assert settings.body_stall_timeout_s < settings.body_timeout_s
