import socket

import pytest

from clew.demo.preflight import check_grpc, check_http, check_packages, check_rate, faults_by_service, unanswered
from clew.errors import ConfigurationError


def test_a_missing_package_is_named_with_the_way_to_get_it() -> None:
    """Without the extra the message says what to install."""
    check_packages()
    with pytest.raises(ConfigurationError, match=r"needs no_such_package; in a clone: pip install '\.\[demo\]'"):
        check_packages(("socket", "no_such_package"))


@pytest.mark.parametrize("rate_per_s", [0.0, -1.0, 1001.0, float("nan"), float("inf")])
def test_an_impossible_rate_is_refused(rate_per_s: float) -> None:
    """Only a positive number of journeys that a machine may bear is taken."""
    check_rate(0.1)
    with pytest.raises(ConfigurationError, match="journeys per second"):
        check_rate(rate_per_s)


@pytest.mark.parametrize("address", ["127.0.0.1:4318", "", "ftp://x:1", "http://"])
def test_the_http_address_must_be_a_url(address: str) -> None:
    """An OTLP/HTTP address without scheme or host is refused with an example."""
    with pytest.raises(ConfigurationError, match="http://127"):
        check_http(address)


def test_the_grpc_address_may_be_a_url() -> None:
    """`host:port` and `http://host:port` mean the same; without a port it is refused."""
    assert check_grpc("http://127.0.0.1:4317/") == check_grpc("127.0.0.1:4317") == "127.0.0.1:4317"
    for wrong in ("127.0.0.1", "", ":4317", "host:"):
        with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1:4317"):
            check_grpc(wrong)


def test_faults_go_to_their_services() -> None:
    """Each service gets the texts of its own faults."""
    texts = ["cart=slow:1s", "payment=error:1", "cart=error:0.5"]
    assert faults_by_service(texts) == {"cart": ("cart=slow:1s", "cart=error:0.5"), "payment": ("payment=error:1",)}


def test_a_backend_that_is_away_is_noticed() -> None:
    """Of two addresses only the one where nobody answers is named."""
    with socket.create_server(("127.0.0.1", 0)) as there, socket.create_server(("127.0.0.1", 0)) as gone:
        away = f"127.0.0.1:{gone.getsockname()[1]}"
        gone.close()
        assert list(unanswered(f"http://127.0.0.1:{there.getsockname()[1]}", away)) == [away]
