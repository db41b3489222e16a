from collections.abc import Mapping
from pathlib import Path

import pytest

from clew.authenticate.callers import Callers
from clew.authenticate.key import KeyLimits
from clew.errors import PermissionDenied, RateExceeded, Unauthenticated
from clew.receive.admission import AdmissionByKey, EverybodyIsAdmitted
from clew.receive.settings import ReceiveSettings
from clew.wire.otlp_check import CheckLimits, check_traces
from tests.authenticate.keys import Keys, bearer, open_keys
from tests.wire.otlp_samples import make_request

CHECKED = check_traces(make_request(30).SerializeToString())


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """No keys yet."""
    return open_keys(tmp_path)


def _headers(secret: str) -> Mapping[bytes, bytes]:
    return dict(bearer(secret))


def _admission(keys: Keys) -> AdmissionByKey:
    return AdmissionByKey(Callers(keys.ring, "home"), ReceiveSettings(max_attributes=7))


def test_everybody_is_the_tenant_of_the_settings() -> None:
    """Without keys, any headers and none lead to the tenant and the limits of the settings, and nothing is counted."""
    admission = EverybodyIsAdmitted(ReceiveSettings(tenant="shop", max_attributes=7))
    for caller in (admission.admit({b"authorization": b"Basic x"}), admission.admit_without_headers()):
        assert (caller.tenant, caller.limits) == ("shop", CheckLimits(attributes=7))
        caller.pay(CHECKED)
        caller.accepted(1, 0, 1)
        caller.refused("malformed")


def test_a_key_says_tenant_and_limits(keys: Keys) -> None:
    """The caller is the key's tenant; its limits on a record are added to those of the settings."""
    secret = keys.add("shop", tenant="acme", limits=KeyLimits(span_bytes=400, attributes=3))
    caller = _admission(keys).admit(_headers(secret))
    assert caller.tenant == "acme"
    assert caller.limits == CheckLimits(attributes=7, one_record_attributes=3, one_record_bytes=400)


def test_no_key_is_no_caller(keys: Keys) -> None:
    """With keys, a request without one is refused; a door without a place for keys is the tenant of this machine."""
    keys.add("shop", tenant="acme")
    with pytest.raises(Unauthenticated):
        _admission(keys).admit({})
    assert _admission(keys).admit_without_headers().tenant == "home"


def test_a_caller_over_its_rate_is_turned_away_before_its_body_is_read(keys: Keys) -> None:
    """The rate is paid by what was stored, given back what was not, and asked about first."""
    admission = _admission(keys)
    secret = keys.add("shop", limits=KeyLimits(spans_per_s=1))
    caller = admission.admit(_headers(secret))
    caller.pay(CHECKED)
    with pytest.raises(RateExceeded):
        admission.admit(_headers(secret))
    caller.refund(30, 0)
    admission.admit(_headers(secret))
    assert keys.ring.counts()["shop", "default"].refused == {"rate": 1}


def test_foreign_services_are_refused_before_anything_is_paid(keys: Keys) -> None:
    """A key for one service doesn't send for another, whose name is told."""
    admission = _admission(keys)
    foreign = admission.admit(_headers(keys.add("cart", services=("cart",), limits=KeyLimits(spans_per_s=1))))
    for _ in range(3):
        with pytest.raises(PermissionDenied, match="'checkout'"):
            foreign.pay(CHECKED)
    admission.admit(_headers(keys.add("checkout", services=("checkout",)))).pay(CHECKED)


def test_figures_are_those_of_the_key(keys: Keys) -> None:
    """What was accepted and refused is counted under the key's name."""
    caller = _admission(keys).admit(_headers(keys.add("shop", tenant="acme")))
    caller.accepted(3, 1, 100)
    caller.refused("malformed")
    counts = keys.ring.counts()["shop", "acme"]
    assert (counts.requests, counts.records, counts.rejected, counts.bytes) == (1, 3, 1, 100)
    assert counts.refused == {"malformed": 1}
