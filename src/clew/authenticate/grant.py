"""What one caller may do, from the moment its request came in until it is answered."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from clew.authenticate.key import ALL_RIGHTS, ANONYMOUS, KeyLimits, Right
from clew.authenticate.key_meter import KeyMeter
from clew.errors import ForeignService, PermissionDenied

_SHOWN_CHARACTERS = 100
_ALLOWS = {
    Right.SEND: "doesn't allow to send; create one with --send",
    Right.READ: "doesn't allow to read; create one with --read",
    Right.METRICS: "doesn't allow to read metrics; create one with --metrics",
    Right.ADMIN: "doesn't allow this; it takes a key created with --admin",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """`name` is that of the key, `anonymous` without one; no `services` means any. Holds no secret."""

    name: str
    tenant: str
    rights: frozenset[Right]
    services: frozenset[str] = frozenset()
    limits: KeyLimits = field(default_factory=KeyLimits)
    meter: KeyMeter = field(default_factory=lambda: KeyMeter(KeyLimits()), compare=False, repr=False)

    @property
    def is_anonymous(self) -> bool:
        return self.name == ANONYMOUS

    def allows(self, right: Right) -> bool:
        """Whether the caller has the right, or is an admin, who has all of them."""
        return right in self.rights or Right.ADMIN in self.rights

    def require(self, right: Right) -> None:
        """Raises PermissionDenied, which says how to get the right."""
        if not self.allows(right):
            who = "a caller without a key" if self.is_anonymous else f"the key {self.name}"
            raise PermissionDenied(f"{who} {_ALLOWS[right]}")

    def require_services(self, names: Iterable[str | None]) -> None:
        """Raises ForeignService for a service that the key isn't for; None is a resource without a name of one."""
        if not self.services:
            return
        for name in names:
            if name is None:
                raise ForeignService(
                    f"a resource has no service.name, and the key {self.name} is for certain services only; set it"
                )
            if name not in self.services:
                shown = name[:_SHOWN_CHARACTERS]
                raise ForeignService(f"the key {self.name} isn't for the service {shown!r}; send it with its own key")


def anonymous(tenant: str, rights: frozenset[Right] = ALL_RIGHTS) -> Grant:
    """The grant of callers without a key, where they are let in; they share its figures."""
    return Grant(ANONYMOUS, tenant, rights)
