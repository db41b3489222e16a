"""W3C Baggage, as the API has it."""

from typing import Any

from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, Setter

from clew.sdk.propagation.header_propagator import HeaderPropagator

BAGGAGE = "baggage"
_MOST_CHARS = 8192
_API = W3CBaggagePropagator()


class BaggagePropagator(HeaderPropagator):
    """The API's propagator, which limits what it takes and writes to 180 entries and 8,192 bytes.

    Other than that one alone (1.45) it reads all headers of this name, never raises (the API's does for half of a
    surrogate pair, which the environment of a process may hold), and writes a space as `%20`: `+`, which the API's
    writes, is a space to Python only.
    """

    @property
    def fields(self) -> set[str]:
        return {BAGGAGE}

    def _read(self, carrier: Any, context: Context, getter: Getter[Any]) -> Context:
        headers = getter.get(carrier, BAGGAGE)
        return _API.extract({BAGGAGE: ",".join(headers)}, context) if headers else context

    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        written: dict[str, str] = {}
        _API.inject(written, context)
        if not written:
            return
        header = written[BAGGAGE].replace("+", "%20")  # a plus itself is written as %2B
        setter.set(carrier, BAGGAGE, header if len(header) <= _MOST_CHARS else written[BAGGAGE])
