"""Who may come in: the rules about keys, callers without one, and this machine."""

import ipaddress

from clew.authenticate.grant import Grant, anonymous
from clew.authenticate.key import Right
from clew.authenticate.key_meter import KeyCounts
from clew.authenticate.key_ring import KeyRing
from clew.authenticate.presented import Headers, Presented, read_presented
from clew.errors import ConfigurationError, Unauthenticated

_VISITOR = frozenset({Right.SEND, Right.READ, Right.METRICS})
_FORWARDED = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})
"""What proxies add. Behind one on this machine, everybody would seem to be here."""
_NOTHING = Presented(None, is_something=False)
_HINT = "send it as `Authorization: Bearer clew_…` or `X-Clew-Key: clew_…`; `clew keys create` makes one"


class Callers:
    """Grants for those who send and those who read; from any thread.

    Without any key everybody is let in, which is for this machine only (see `refuse_open_doors`). With keys, senders
    need one, and readers do unless they are on this machine. `allow_anonymous` lets everybody in, `require_keys` nobody
    without a key, also from this machine. Whoever presents a wrong key is refused in any case.
    """

    def __init__(
        self, ring: KeyRing, tenant: str, *, allow_anonymous: bool = False, require_keys: bool = False
    ) -> None:
        self._ring = ring
        self._allow_anonymous = allow_anonymous
        self._require_keys = require_keys
        self._at_home = anonymous(tenant)
        self._visitor = Grant(self._at_home.name, tenant, _VISITOR, meter=self._at_home.meter)

    def counts(self) -> dict[tuple[str, str], KeyCounts]:
        """The figures of each key by (name, tenant), and of all callers without one together."""
        own = self._at_home
        return {(own.name, own.tenant): own.meter.counts(), **self._ring.counts()}

    def sender(self, headers: Headers) -> Grant:
        """Raises Unauthenticated, and PermissionDenied for a key that isn't for sending."""
        grant = self._caller(headers, is_welcome=False, is_local=False)
        grant.require(Right.SEND)
        return grant

    def local_sender(self) -> Grant:
        """For doors whose protocol has no place for a key, and which are open to this machine only."""
        return self._stranger(_NOTHING, is_welcome=True, is_local=True)

    def reader(self, headers: Headers, *, is_local: bool) -> Grant:
        """Raises Unauthenticated; what the grant allows is asked of it afterwards."""
        return self._caller(headers, is_welcome=is_local, is_local=is_local)

    def _caller(self, headers: Headers, *, is_welcome: bool, is_local: bool) -> Grant:
        presented = read_presented(headers)
        if presented.secret is not None:
            return self._ring.find(presented.secret)
        return self._stranger(presented, is_welcome=is_welcome, is_local=is_local)

    def _stranger(self, presented: Presented, *, is_welcome: bool, is_local: bool) -> Grant:
        """A caller without a key. What was presented and isn't written like a key may be meant for a proxy."""
        is_open = not self._ring.has_keys and not self._require_keys
        if not (self._allow_anonymous or is_open or (is_welcome and not self._require_keys)):
            what = "what was sent as a key isn't one" if presented.is_something else "this needs a key"
            raise Unauthenticated(f"{what}; {_HINT}")
        return self._at_home if is_open or is_local else self._visitor


def is_loopback(host: str) -> bool:
    """Whether an address or a name is this machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def is_local(client_host: str, headers: Headers) -> bool:
    """Whether a request was made on this machine, as far as one can see: from the loopback, and through no proxy."""
    return is_loopback(client_host) and not any(name in _FORWARDED for name, _ in headers)


def refuse_open_doors(host: str, *, has_keys: bool, allow_anonymous: bool, require_keys: bool) -> None:
    """Raises ConfigurationError when other machines could come in without a key though nobody said that they may."""
    if allow_anonymous and require_keys:
        raise ConfigurationError("allow_anonymous and require_keys contradict each other; take one of them")
    if not (is_loopback(host) or has_keys or allow_anonymous):
        raise ConfigurationError(
            f"host {host} can be reached from other machines, and there is no key yet: whoever reaches Clew could "
            "read, send and erase. Create a key with `clew keys create NAME` (with the same data_dir), listen on "
            "127.0.0.1, or let everybody in with --allow-anonymous"
        )
