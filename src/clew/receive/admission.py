"""Who sends: what a door knows of its caller before it reads the body, and what it tells about them afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from clew.authenticate.callers import Callers
from clew.authenticate.grant import Grant
from clew.authenticate.key import KeyLimits
from clew.errors import RateExceeded
from clew.receive.settings import ReceiveSettings
from clew.wire.otlp_check import CheckedRequest, CheckLimits
from clew.wire.otlp_services import service_names


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose data it is, and what one request of theirs may hold; without a grant, nothing more is asked or counted."""

    tenant: str
    limits: CheckLimits
    grant: Grant | None = None

    def pay(self, checked: CheckedRequest) -> None:
        """Before it is stored: raises ForeignService, RateExceeded, and InputTooLarge."""
        if self.grant is None:
            return
        if self.grant.services:
            self.grant.require_services(service_names(checked.payload))
        self.grant.meter.charge(checked.span_count, len(checked.payload))

    def refund(self, records: int, payload_bytes: int) -> None:
        """What was paid for isn't stored after all, or had been before."""
        if self.grant is not None:
            self.grant.meter.refund(records, payload_bytes)

    def accepted(self, records: int, rejected: int, payload_bytes: int) -> None:
        """A request is durable."""
        if self.grant is not None:
            self.grant.meter.accepted(records, rejected, payload_bytes)

    def refused(self, reason: str) -> None:
        """A request was answered with an error."""
        if self.grant is not None:
            self.grant.meter.refused(reason)


class Admission(Protocol):
    """Decides by the headers of a request (gRPC: its metadata) who its caller is."""

    def admit(self, headers: Mapping[bytes, bytes]) -> Caller:
        """MUST be quick, and safe from any thread; names are lower case. MAY raise what the caller is to be told."""

    def admit_without_headers(self) -> Caller:
        """The same where a protocol has no place for a key; its door is open to this machine only, or to everybody."""


class EverybodyIsAdmitted:
    """All callers are the one tenant of the settings."""

    def __init__(self, settings: ReceiveSettings) -> None:
        self._caller = Caller(settings.tenant, CheckLimits(attributes=settings.max_attributes))

    def admit(self, headers: Mapping[bytes, bytes]) -> Caller:
        return self._caller

    def admit_without_headers(self) -> Caller:
        return self._caller


class AdmissionByKey:
    """Callers are who their keys say. One that is over its rate is turned away here, before its body is read."""

    def __init__(self, callers: Callers, settings: ReceiveSettings) -> None:
        self._callers = callers
        self._limits = lru_cache(maxsize=1024)(lambda limits: _check_limits(settings, limits))

    def admit(self, headers: Mapping[bytes, bytes]) -> Caller:
        return self._admitted(self._callers.sender(headers.items()))

    def admit_without_headers(self) -> Caller:
        return self._admitted(self._callers.local_sender())

    def _admitted(self, grant: Grant) -> Caller:
        try:
            grant.meter.admit()
        except RateExceeded:
            grant.meter.refused("rate")
            raise
        return Caller(grant.tenant, self._limits(grant.limits), grant)


def _check_limits(settings: ReceiveSettings, limits: KeyLimits) -> CheckLimits:
    return CheckLimits(
        attributes=settings.max_attributes,
        one_record_attributes=limits.attributes,
        one_record_bytes=limits.span_bytes,
    )
