"""Propagators by the names that `OTEL_PROPAGATORS` has for them."""

import os
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from opentelemetry.context import Context
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import CarrierT, Getter, Setter, TextMapPropagator, default_getter

from clew.errors import ConfigurationError
from clew.sdk.propagation.header_propagator import HeaderPropagator

VARIABLE = "OTEL_PROPAGATORS"
DEFAULT = "tracecontext,baggage"
NONE = "none"
GROUP = "opentelemetry_propagator"
"""Entry points by which the API, too, finds propagators when the variable names them."""
PROPAGATORS: Mapping[str, str] = {
    "tracecontext": "trace_context:TraceContextPropagator",
    "baggage": "baggage:BaggagePropagator",
    "b3": "b3:B3SinglePropagator",
    "b3multi": "b3:B3MultiPropagator",
    "jaeger": "jaeger:JaegerPropagator",
    "ottrace": "ot_trace:OTTracePropagator",
    "sw8": "skywalking:SkyWalkingPropagator",
    "xray": "xray:XRayPropagator",
}
"""Module and class, loaded when asked for."""


class Propagators(CompositePropagator):
    """Several, one after the other; where two say the same, the later one wins.

    Other than the API's (1.45), which hands a context of None through, it begins at the root even when there are none.
    """

    def extract(
        self, carrier: CarrierT, context: Context | None = None, getter: Getter[CarrierT] = default_getter
    ) -> Context:
        return super().extract(carrier, Context() if context is None else context, getter)


class ForeignPropagator(HeaderPropagator):
    """One of another package, which may raise: here that changes nothing and writes no more."""

    def __init__(self, propagator: TextMapPropagator) -> None:
        self._propagator = propagator

    @property
    def fields(self) -> set[str]:
        return self._propagator.fields

    def _read(self, carrier: Any, context: Context, getter: Getter[Any]) -> Context:
        return self._propagator.extract(carrier, context, getter)

    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        self._propagator.inject(carrier, context, setter)


def propagator_from_environment() -> TextMapPropagator:
    """As `OTEL_PROPAGATORS` says, separated by commas; `tracecontext,baggage` when it is empty.

    Raises ConfigurationError for a name that there isn't.
    """
    try:
        return propagators_named((os.environ.get(VARIABLE) or DEFAULT).split(","))
    except ConfigurationError as error:
        raise ConfigurationError(f"{VARIABLE}: {error}") from error


def propagators_named(names: Iterable[str]) -> TextMapPropagator:
    """Each once, in this order; none at all when one of the names is `none`.

    Names that aren't ours are looked for among those of the packages that are installed. Raises ConfigurationError,
    with all names there are, for one that nobody has.
    """
    wanted = dict.fromkeys(stripped for name in names if (stripped := name.strip().lower()))
    return Propagators([] if NONE in wanted else [_propagator_named(name) for name in wanted])


def _propagator_named(name: str) -> TextMapPropagator:
    place = PROPAGATORS.get(name)
    if place is None:
        return _installed(name)
    module, _, kind = place.partition(":")
    propagator: TextMapPropagator = getattr(import_module(f"clew.sdk.propagation.{module}"), kind)()
    return propagator


def _installed(name: str) -> TextMapPropagator:
    """Of another package; looking for those takes tens of milliseconds, which only who names one pays."""
    found = import_module("importlib.metadata").entry_points(group=GROUP)
    if name not in found.names:
        known = ", ".join(sorted({*PROPAGATORS, *found.names, NONE}))
        raise ConfigurationError(f"there is no propagator {name!r}; choose from {known}")
    try:
        return ForeignPropagator(found[name].load()())
    except Exception as error:
        raise ConfigurationError(f"the propagator {name!r} can't be loaded; mend its package: {error!r}") from error
