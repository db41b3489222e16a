"""Who sends: what a door knows of its caller before it reads the body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from clew.receive.settings import ReceiveSettings
from clew.wire.otlp_check import CheckLimits


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose data it is, and what one request of theirs may hold."""

    tenant: str
    limits: CheckLimits


class Admission(Protocol):
    """Decides by the headers of a request (gRPC: its metadata) who its caller is."""

    def admit(self, headers: Mapping[bytes, bytes]) -> Caller:
        """MUST be quick, and safe from any thread; names are lower case. MAY raise what the caller is to be told."""


class EverybodyIsAdmitted:
    """All callers are the one tenant of the settings."""

    def __init__(self, settings: ReceiveSettings) -> None:
        self._caller = Caller(settings.tenant, CheckLimits(attributes=settings.max_attributes))

    def admit(self, headers: Mapping[bytes, bytes]) -> Caller:
        return self._caller
