import pytest

from clew.demo.settings import ServiceSettings


def test_settings_arrive_as_they_were_sent() -> None:
    """The line that a service reads gives it exactly the settings that the shop wrote."""
    settings = ServiceSettings("cart", "http://127.0.0.1:1", "127.0.0.1:2", ("cart=slow:1s",), 2.5, "/tmp/x")  # noqa: S108  # nothing is made there
    assert ServiceSettings.from_json(settings.to_json()) == settings
    assert "\n" not in settings.to_json()


def test_every_process_is_an_instance_of_its_own() -> None:
    """Two processes of one service have different instance ids."""
    first, second = (ServiceSettings("cart", "http://127.0.0.1:1", "127.0.0.1:2") for _ in range(2))
    assert first.instance_id != second.instance_id


def test_the_plan_holds_the_faults_of_the_settings() -> None:
    """A service that was given an error fault fails by it."""
    settings = ServiceSettings("cart", "http://127.0.0.1:1", "127.0.0.1:2", ("cart=error:1",))
    with pytest.raises(MemoryError):
        settings.fault_plan(MemoryError).strike()
