from clew.receive.admission import EverybodyIsAdmitted
from clew.receive.settings import ReceiveSettings


def test_without_keys_everybody_is_the_tenant_of_the_settings() -> None:
    """Whatever the headers say, the caller is the one tenant, within the limits of the settings."""
    admission = EverybodyIsAdmitted(ReceiveSettings(tenant="shop", max_attributes=7))
    caller = admission.admit({b"authorization": b"Bearer anything"})
    assert (caller.tenant, caller.limits.attributes) == ("shop", 7)
