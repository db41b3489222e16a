"""What the shop tells a service before it starts; one line of JSON on its standard input."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from clew.demo.fault import FaultPlan, parse_faults

Peers = Mapping[str, str]
"""Service name to `host:port`; services that listen on nothing are missing."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """The settings of one process; `faults` are the texts of its own faults, already checked by the shop.

    `directory` is the shop's own, for the databases; whoever ends last takes it away.
    """

    name: str
    otlp_http: str
    otlp_grpc: str
    faults: tuple[str, ...] = ()
    rate_per_s: float = 0.0
    directory: str = ""
    instance_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> "ServiceSettings":
        fields = json.loads(line)
        return cls(**{**fields, "faults": tuple(fields["faults"])})

    def fault_plan(self, failure: Callable[[], Exception]) -> FaultPlan:
        """The faults of this service; `failure` makes what an error fault raises."""
        return FaultPlan(parse_faults(self.faults), failure)
