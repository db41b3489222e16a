"""What all propagators of Clew promise: the application never hears of a header, carrier or value that is wrong."""

import logging
from abc import abstractmethod
from typing import Any

from opentelemetry.context import Context, get_current
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)

_LOG = logging.getLogger(__name__)


class HeaderPropagator(TextMapPropagator):
    """One format of headers. What it can't read leaves the context as it was: all of a header counts, or none of it.

    Neither `extract` nor `inject` raises, whatever carriers, getters, setters and values of baggage do; the first
    failure of an instance is logged. Without a context, extraction begins at the root, injection takes the current one.
    """

    _has_complained = False

    def extract(
        self, carrier: CarrierT, context: Context | None = None, getter: Getter[CarrierT] = default_getter
    ) -> Context:
        """The context with what the carrier's headers say."""
        if context is None:
            context = Context()
        try:
            return self._read(carrier, context, getter)
        except Exception as error:  # noqa: BLE001  # a carrier, or its getter, is code of the application
            self._complain("extract", error)
            return context

    def inject(
        self, carrier: CarrierT, context: Context | None = None, setter: Setter[CarrierT] = default_setter
    ) -> None:
        """Write the context's headers into the carrier; nothing where there is no valid span."""
        try:
            self._write(carrier, get_current() if context is None else context, setter)
        except Exception as error:  # noqa: BLE001  # as above, and so may be a value of baggage
            self._complain("inject", error)

    @abstractmethod
    def _read(self, carrier: Any, context: Context, getter: Getter[Any]) -> Context:
        """The same as `extract`; MAY raise, and then nothing is extracted."""

    @abstractmethod
    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        """The same as `inject`; MAY raise."""

    def _complain(self, call: str, error: Exception) -> None:
        if not self._has_complained:
            self._has_complained = True
            _LOG.warning("%s.%s did nothing with this carrier: %r", type(self).__name__, call, error)


def first(carrier: Any, getter: Getter[Any], name: str) -> str:
    """The first value of a header; empty when there is none, or when it is no text."""
    values = getter.get(carrier, name)
    value: object = values[0] if values else ""
    return value if isinstance(value, str) else ""
