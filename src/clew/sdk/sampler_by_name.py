"""Samplers by the names that `OTEL_TRACES_SAMPLER` has for them, and by Jaeger's."""

import math
import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from clew.errors import ConfigurationError
from clew.sdk.const_sampler import ConstSampler
from clew.sdk.probabilistic_sampler import DEFAULT_PROBABILITY, ProbabilisticSampler
from clew.sdk.rate_limiting_sampler import RateLimitingSampler
from clew.sdk.remote_sampler import DEFAULT_ENDPOINT, RemoteOptions, RemoteSampler
from clew.sdk.sampler import ALWAYS_OFF, ALWAYS_ON, DEFAULT_ON, ParentBased, Sampler, TraceIdRatioBased

NAME_VARIABLE = "OTEL_TRACES_SAMPLER"
ARGUMENT_VARIABLE = "OTEL_TRACES_SAMPLER_ARG"
_CONSTS = {"": True, "1": True, "true": True, "0": False, "false": False}
_REMOTE_KEYS = ("endpoint", "pollingIntervalMs", "initialSamplingRate")


class _Given(NamedTuple):
    """What makes a sampler of a kind."""

    argument: str
    service: str


_Maker = Callable[[_Given], Sampler]


def sampler_by_name(name: str, argument: str = "", service: str = "unknown_service") -> Sampler:
    """The sampler of a name, in any case; `argument` is as in `OTEL_TRACES_SAMPLER_ARG`, and '' is the default.

    Rates are numbers; `jaeger_remote` takes `endpoint=…,pollingIntervalMs=…,initialSamplingRate=…`, each of them if
    wanted, for the strategy of `service`. Jaeger's own names (`const`, `probabilistic`, `ratelimiting`, `remote`)
    follow the parent, as in Jaeger's clients. Raises ConfigurationError that names the variable.
    """
    make = _MAKERS.get(name.strip().lower())
    if make is None:
        raise ConfigurationError(f"{NAME_VARIABLE} is {name!r}, which is no sampler; there are {', '.join(_MAKERS)}")
    return make(_Given(argument.strip(), service))


def sampler_from_environment(service: str = "unknown_service", environ: Mapping[str, str] = os.environ) -> Sampler:
    """What the two variables say; without them, what the parent says, and all roots. Raises ConfigurationError."""
    name = environ.get(NAME_VARIABLE, "").strip() or "parentbased_always_on"
    return sampler_by_name(name, environ.get(ARGUMENT_VARIABLE, ""), service)


def _fixed(sampler: Sampler) -> _Maker:
    """An argument is left for other libraries that read the same variable."""
    return lambda _: sampler


def _ratio(given: _Given) -> Sampler:
    return TraceIdRatioBased(_probability(given.argument or "1"))


def _const(given: _Given) -> Sampler:
    decision = _CONSTS.get(given.argument.lower())
    if decision is None:
        raise _wrong(given.argument, "write 1 for all traces, or 0 for none")
    return ConstSampler(decision)


def _probabilistic(given: _Given) -> Sampler:
    return ProbabilisticSampler(_probability(given.argument or str(DEFAULT_PROBABILITY)))


def _rate_limiting(given: _Given) -> Sampler:
    advice = "write how many traces per second, such as 10"
    rate_per_s = _number(given.argument, advice)
    if not 0 <= rate_per_s < math.inf:
        raise _wrong(given.argument, advice)
    return RateLimitingSampler(rate_per_s)


def _remote(given: _Given) -> Sampler:
    said = dict(_pair(part) for part in given.argument.split(",") if part.strip())
    rate = _probability(said.get("initialSamplingRate", str(DEFAULT_PROBABILITY)))
    interval_ms = _number(said.get("pollingIntervalMs", "60000"), "pollingIntervalMs is a number of milliseconds")
    if not 0 < interval_ms < math.inf:
        raise _wrong(given.argument, "pollingIntervalMs is more than 0, such as 60000")
    try:
        options = RemoteOptions(said.get("endpoint", DEFAULT_ENDPOINT), interval_ms / 1000)
    except ConfigurationError as error:
        raise _wrong(given.argument, str(error)) from None
    return RemoteSampler(given.service, ProbabilisticSampler(rate), options)


def _pair(part: str) -> tuple[str, str]:
    key, equals, value = part.partition("=")
    if not equals or key.strip() not in _REMOTE_KEYS:
        raise _wrong(part.strip(), f"write {'=…,'.join(_REMOTE_KEYS)}=…, each of them if wanted")
    return key.strip(), value.strip()


def _probability(text: str) -> float:
    number = _number(text, "a probability is a number from 0 to 1")
    if not 0 <= number <= 1:
        raise _wrong(text, "a probability is a number from 0 to 1")
    return number


def _number(text: str, advice: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _wrong(text, advice) from None


def _wrong(text: str, advice: str) -> ConfigurationError:
    return ConfigurationError(f"{ARGUMENT_VARIABLE} has {text!r}: {advice}")


def _below_parents(make: _Maker) -> _Maker:
    return lambda given: ParentBased(make(given))


_MAKERS: Mapping[str, _Maker] = {
    "always_on": _fixed(ALWAYS_ON),
    "always_off": _fixed(ALWAYS_OFF),
    "traceidratio": _ratio,
    "parentbased_always_on": _fixed(DEFAULT_ON),
    "parentbased_always_off": _fixed(ParentBased(ALWAYS_OFF)),
    "parentbased_traceidratio": _below_parents(_ratio),
    "jaeger_remote": _remote,
    "parentbased_jaeger_remote": _below_parents(_remote),
    "const": _below_parents(_const),
    "probabilistic": _below_parents(_probabilistic),
    "ratelimiting": _below_parents(_rate_limiting),
    "remote": _below_parents(_remote),
}
