"""A trace's context in environment variables, from a process to those that it starts: `TRACEPARENT` and others.

Source: OpenTelemetry's specification, context/env-carriers. Names are those of the headers in upper case, with `_` for
what is neither a letter nor a digit. Baggage in the names of headers (`uberctx-…`, `ot-baggage-…`) has no way through;
take `baggage`. Other users of the machine may be able to see a process's variables: there is no place for secrets.
"""

import os
import re
from collections.abc import Mapping, MutableMapping

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, Setter, TextMapPropagator

_FOREIGN = re.compile(r"[^A-Za-z0-9_]")
_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")


class EnvironmentGetter(Getter[Mapping[str, str]]):
    """Reads variables."""

    def get(self, carrier: Mapping[str, str], key: str) -> list[str] | None:
        value = carrier.get(variable_name(key))
        return None if value is None else [value]

    def keys(self, carrier: Mapping[str, str]) -> list[str]:
        """Only names that a propagator could have written."""
        return [name for name in carrier if _NAME.fullmatch(name)]


class EnvironmentSetter(Setter[MutableMapping[str, str]]):
    """Writes variables, to a copy of the environment."""

    def set(self, carrier: MutableMapping[str, str], key: str, value: str) -> None:
        carrier[variable_name(key)] = value


ENVIRONMENT_GETTER = EnvironmentGetter()
ENVIRONMENT_SETTER = EnvironmentSetter()


def variable_name(header: str) -> str:
    """The variable for a header, such as `X_B3_TRACEID`."""
    name = _FOREIGN.sub("_", header).upper() or "_"
    return f"_{name}" if name[0].isdigit() else name


def child_environment(
    propagator: TextMapPropagator, context: Context | None = None, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment for a process that is about to be started: a copy of this one's, with the context in it.

    `subprocess.run(command, env=child_environment(propagator))`. What this process was started with, another context,
    is taken out.
    """
    variables = dict(os.environ if environ is None else environ)
    for field in propagator.fields:
        variables.pop(variable_name(field), None)
    propagator.inject(variables, context, ENVIRONMENT_SETTER)
    return variables


def context_from_environment(
    propagator: TextMapPropagator, context: Context | None = None, environ: Mapping[str, str] | None = None
) -> Context:
    """What this process was started with; to be asked for at its start, for the variables stay as long as it runs."""
    return propagator.extract(os.environ if environ is None else environ, context, ENVIRONMENT_GETTER)
