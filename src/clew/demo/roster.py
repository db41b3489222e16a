"""Who works in the shop: every process, its version, its team and how it exports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Role:
    """One process of the shop.

    `exports` is the way its telemetry leaves; None means that it isn't instrumented, as brokers usually are not.
    `can_fail` says whether `--fault` may name it.
    """

    version: str
    team: str
    exports: Literal["grpc", "http", "http+gzip"] | None
    can_fail: bool = True


ROSTER: Mapping[str, Role] = {
    "broker": Role("0.4.0", "platform", None, can_fail=False),
    "inventory": Role("3.1.4", "warehouse", "grpc"),
    "payment": Role("2.9.0", "payments", "grpc"),
    "catalog": Role("5.2.1", "discovery", "http+gzip"),
    "cart": Role("1.8.3", "storefront", "http"),
    "checkout": Role("4.0.2", "orders", "grpc"),
    "fulfilment": Role("1.2.0", "warehouse", "http"),
    "mailer": Role("0.9.7", "messaging", "http"),
    "frontend": Role("7.3.0", "storefront", "http"),
    "shopper": Role("1.0.0", "synthetic", "http", can_fail=False),
}

FAULTABLE = tuple(sorted(name for name, role in ROSTER.items() if role.can_fail))

# The names that two processes must agree on; here, so that neither has to import the other.
ORDERS_QUEUE = "orders"
MAILS_QUEUE = "mails"
INVENTORY_RPC = "shop.inventory.v1.InventoryService"
PAYMENT_RPC = "shop.payment.v1.PaymentService"
