"""Names of services that are no text: the store has their encoded AnyValue in hexadecimal, people see what they'd type.

`service.name` should be a string, and nearly always is; a number or a boolean comes from settings without quotes. Only
when a name looks like such a value is the store asked whether it is one, or a text that looks like it.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from clew.model.trace import TraceSummary
from clew.query.condition import Comparison, Condition, Intrinsic, Text, any_of
from clew.query.partial import Leaf, replaced
from clew.query.statement import fragment
from clew.query.typed_value import BOOL, DOUBLE, INT, attribute_forms, typed_values
from clew.store.engine import Engine

_KEY = "service.name"
_FIELDS = ("service", "root.service")
_TAGS = (BOOL, INT, DOUBLE)


class ServiceNames:
    """Both ways between a service's name in the store and what people see; from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def shown(self, tenant: str, names: Iterable[str]) -> dict[str, str]:
        """What is shown for those names that are shown otherwise; nearly always empty, and then nothing is read."""
        typed = {name: text for name in names if (text := typed_name(name)) is not None}
        held = self._held(tenant, typed)
        return {name: text for name, text in typed.items() if name in held}

    def stored(self, tenant: str, typed: str) -> list[str]:
        """The names in the store of services that are typed so, besides the text itself."""
        values = [value for value in typed_values(typed) if value.startswith(_TAGS)]
        held = self._held(tenant, [_stored_name(value) for value in values])
        return [name for name in map(_stored_name, values) if name in held]

    def meant(self, tenant: str, condition: Condition) -> Condition:
        """The condition, in which a service that is typed so is also found when its name is no text."""

        def value_of(leaf: Leaf) -> Condition:
            if not isinstance(leaf, Comparison) or not isinstance(leaf.value, Text) or not _names_service(leaf):
                return leaf
            forms = self.stored(tenant, leaf.value.text)
            return any_of((leaf, *(replace(leaf, value=Text(form)) for form in forms)))

        return replaced(condition, value_of)

    def in_summaries(self, tenant: str, traces: Collection[TraceSummary]) -> tuple[TraceSummary, ...]:
        """The summaries with the names that are shown."""
        shown = self.shown(tenant, {name for trace in traces for name in (trace.root_service, *trace.services)})
        if not shown:
            return tuple(traces)
        return tuple(
            replace(
                trace,
                root_service=shown.get(trace.root_service, trace.root_service),
                services=tuple(sorted(shown.get(name, name) for name in trace.services)),
            )
            for trace in traces
        )

    def _held(self, tenant: str, names: Iterable[str]) -> set[str]:
        """Those that are the names of services that are no text."""
        attributes = {
            form.hex().upper(): name for name in names for form in attribute_forms(_KEY, [bytes.fromhex(name)])
        }
        if not attributes:
            return set()
        sql, parameters = fragment("list_service_names.sql"), {"tenant": tenant, "attributes": list(attributes)}
        return {attributes[found.decode()] for (found,) in self._engine.read(sql, parameters)}


def typed_name(name: str) -> str | None:
    """The number or boolean that a name in the store may stand for, as one would type it; None for all other names."""
    try:
        encoded = bytes.fromhex(name)
        value = AnyValue.FromString(encoded)
    except (ValueError, DecodeError):
        return None
    if not encoded.startswith(_TAGS) or _stored_name(encoded) != name:
        return None
    kind = value.WhichOneof("value")
    number = getattr(value, kind) if kind else ""
    text = str(number).lower() if kind == "bool_value" else repr(number)
    return text if encoded in typed_values(text) else None


def _names_service(test: Comparison) -> bool:
    return test.operator == "=" and isinstance(test.field, Intrinsic) and test.field.name in _FIELDS


def _stored_name(value: bytes) -> str:
    return value.hex().upper()
