import subprocess
import sys
from typing import Any

import pytest
from opentelemetry.sdk.trace.sampling import _KNOWN_SAMPLERS

from clew.errors import ConfigurationError
from clew.sdk.remote_sampler import RemoteSampler
from clew.sdk.sampler import ParentBased, Sampler
from clew.sdk.sampler_by_name import sampler_by_name, sampler_from_environment

_BELOW = (
    "ParentBased{root:%s,remoteParentSampled:AlwaysOnSampler,remoteParentNotSampled:AlwaysOffSampler,"
    "localParentSampled:AlwaysOnSampler,localParentNotSampled:AlwaysOffSampler}"
)
_NAMES = (
    "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio, "
    "jaeger_remote, parentbased_jaeger_remote, const, probabilistic, ratelimiting, remote"
)


@pytest.mark.parametrize(
    ("name", "argument", "description"),
    [
        ("always_on", "", "AlwaysOnSampler"),
        ("always_off", "7", "AlwaysOffSampler"),
        ("traceidratio", "0.25", "TraceIdRatioBased{0.25}"),
        ("traceidratio", "", "TraceIdRatioBased{1.0}"),
        ("parentbased_always_on", "", _BELOW % "AlwaysOnSampler"),
        ("parentbased_always_off", "", _BELOW % "AlwaysOffSampler"),
        ("ParentBased_TraceIdRatio ", " 0.5 ", _BELOW % "TraceIdRatioBased{0.5}"),
        ("const", "", _BELOW % "ConstSampler{True}"),
        ("const", "0", _BELOW % "ConstSampler{False}"),
        ("const", "True", _BELOW % "ConstSampler{True}"),
        ("probabilistic", "", _BELOW % "ProbabilisticSampler{0.001}"),
        ("probabilistic", "0.5", _BELOW % "ProbabilisticSampler{0.5}"),
        ("ratelimiting", "2.5", _BELOW % "RateLimitingSampler{2.5}"),
        ("jaeger_remote", "", "RemoteSampler{shop,ProbabilisticSampler{0.001}}"),
        ("remote", "initialSamplingRate=1", _BELOW % "RemoteSampler{shop,ProbabilisticSampler{1.0}}"),
        ("parentbased_jaeger_remote", "", _BELOW % "RemoteSampler{shop,ProbabilisticSampler{0.001}}"),
    ],
)
def test_each_name_is_a_sampler(name: str, argument: str, description: str) -> None:
    """In any case, with its argument or its default."""
    assert sampler_by_name(name, argument, "shop").get_description() == description


def test_all_names_of_the_reference_are_known() -> None:
    """And mean the same."""
    known: dict[str, Any] = _KNOWN_SAMPLERS
    for name, sampler in known.items():
        expected = sampler(0.5) if "ratio" in name else sampler
        assert sampler_by_name(name, "0.5").get_description() == expected.get_description()


def _remote(sampler: Sampler) -> RemoteSampler:
    found = sampler.root if isinstance(sampler, ParentBased) else sampler
    assert isinstance(found, RemoteSampler)
    return found


@pytest.mark.parametrize("name", ["jaeger_remote", "parentbased_jaeger_remote", "remote"])
def test_a_remote_sampler_is_told_where_and_how_often_to_ask(name: str) -> None:
    """As the specification writes it, in any order."""
    argument = "pollingIntervalMs=5000, endpoint=http://h:5778/sampling?a=b,initialSamplingRate=0.25,"
    options = _remote(sampler_by_name(name, argument))._options
    assert (options.endpoint, options.interval_s) == ("http://h:5778/sampling?a=b", 5.0)
    defaults = _remote(sampler_by_name(name))._options
    assert (defaults.endpoint, defaults.interval_s) == ("http://127.0.0.1:5778/sampling", 60.0)


def test_a_name_that_is_none_lists_those_that_are() -> None:
    """And the variable that it came from."""
    for name in ("xray", ""):
        with pytest.raises(ConfigurationError, match=rf"^OTEL_TRACES_SAMPLER is '{name}'.*there are {_NAMES}$"):
            sampler_by_name(name)


@pytest.mark.parametrize(
    ("name", "argument", "advice"),
    [
        ("traceidratio", "half", "from 0 to 1"),
        ("parentbased_traceidratio", "1.5", "from 0 to 1"),
        ("probabilistic", "nan", "from 0 to 1"),
        ("const", "yes", "write 1"),
        ("ratelimiting", "", "such as 10"),
        ("ratelimiting", "-1", "such as 10"),
        ("ratelimiting", "inf", "such as 10"),
        ("jaeger_remote", "http://h:5778", "endpoint=…,pollingIntervalMs=…,initialSamplingRate=…"),
        ("jaeger_remote", "endpoint=h:5778", "http://127.0.0.1:5778/sampling"),
        ("jaeger_remote", "pollingIntervalMs=often", "milliseconds"),
        ("jaeger_remote", "pollingIntervalMs=0", "more than 0"),
        ("jaeger_remote", "initialSamplingRate=2", "from 0 to 1"),
        ("remote", "interval=7", "pollingIntervalMs"),
    ],
)
def test_an_argument_that_is_wrong_says_what_to_write(name: str, argument: str, advice: str) -> None:
    """And the variable that it came from, and what is in it."""
    with pytest.raises(ConfigurationError) as caught:
        sampler_by_name(name, argument)
    assert str(caught.value).startswith("OTEL_TRACES_SAMPLER_ARG has ")
    assert advice in str(caught.value)


def test_the_environment_says_which() -> None:
    """Without the variables, and with empty ones, it is what the parent says, and all roots."""
    always = _BELOW % "AlwaysOnSampler"
    assert sampler_from_environment("shop", {}).get_description() == always
    empty = {"OTEL_TRACES_SAMPLER": " ", "OTEL_TRACES_SAMPLER_ARG": "0.5"}
    assert sampler_from_environment("shop", empty).get_description() == always
    given = {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.5"}
    assert sampler_from_environment("shop", given).get_description() == "TraceIdRatioBased{0.5}"


def test_samplers_are_quick_to_import() -> None:
    """Nothing of the network comes with them: it is loaded by the thread that asks."""
    program = (
        "import sys, clew.sdk.sampler_by_name, clew.sdk.composite_sampler, clew.sdk.deferred_spans\n"
        "print([name for name in ('ssl', 'http.client', 'email', 'asyncio', 'socket') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
