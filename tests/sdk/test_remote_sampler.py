import gc
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.errors import ConfigurationError
from clew.sampling.answer import Answer, OperationSampling
from clew.sampling.provider import SamplingProvider
from clew.sampling.settings import SamplingSettings
from clew.sdk.const_sampler import ConstSampler
from clew.sdk.operation_sampler import PerOperationSampler
from clew.sdk.remote_sampler import RemoteOptions, RemoteSampler
from clew.sdk.sampler import ALWAYS_OFF, ParentBased, SamplingResult
from clew.sdk.sampling_strategy import ProbabilisticStrategy
from tests.receive.sampling_doors import sampling_doors
from tests.sdk.kept_spans import keeping_provider
from tests.sdk.parent_contexts import NO_PARENT

_LONG_S = 30.0
_HIGH = (1 << 64) - 1


class _Answers:
    """What the server says to whom, which a test may change; counts the questions."""

    def __init__(self, answer: Answer) -> None:
        self.now = answer
        self.services: list[str] = []
        self._asked = threading.Semaphore(0)

    def answer(self, service: str, protocol: str) -> Answer:
        self.services.append(service)
        self._asked.release()
        return self.now

    def wait_for_questions(self, count: int) -> None:
        for _ in range(count):
            assert self._asked.acquire(timeout=_LONG_S)


@pytest.fixture
def answers() -> _Answers:
    """All traces."""
    return _Answers(Answer(1.0))


@pytest.fixture
def endpoint(answers: _Answers) -> Iterator[str]:
    """Where they are given."""
    with sampling_doors(answers) as addresses:
        yield f"http://{addresses['sampling_http']}/sampling"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _decide(sampler: RemoteSampler, name: str = "name", trace_id: int = _HIGH) -> SamplingResult:
    return sampler.should_sample(NO_PARENT, trace_id, name)


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "clew-remote-sampler"]


def test_the_first_answer_takes_the_place_of_the_start(answers: _Answers, endpoint: str) -> None:
    """The service is asked for by its name; until then the initial sampler decides, and nobody waits."""
    sampler = RemoteSampler("a shop", ALWAYS_OFF, RemoteOptions(endpoint))
    assert not _decide(sampler).decision.is_sampled()
    assert sampler.wait_for_answer(_LONG_S)
    result = _decide(sampler)
    assert dict(result.attributes) == {"sampler.type": "probabilistic", "sampler.param": 1.0}
    assert answers.services[0] == "a shop"
    assert sampler.strategy == ProbabilisticStrategy(1.0)
    assert sampler.get_description() == "RemoteSampler{a shop,ProbabilisticSampler{1.0}}"
    sampler.shutdown()


def test_it_asks_again_and_again(answers: _Answers, endpoint: str) -> None:
    """And follows what it is told, from one kind of strategy to another."""
    sampler = RemoteSampler("shop", None, RemoteOptions(endpoint, interval_s=0.02))
    assert sampler.wait_for_answer(_LONG_S)
    answers.now = Answer(max_traces_per_s=7)
    answers.wait_for_questions(4)  # the answer to the third is in force when the fourth is asked
    assert "RateLimitingSampler{7.0}" in sampler.get_description()
    answers.now = Answer(None, None, OperationSampling(0.0, 0.0, {"a": 1.0}))
    answers.wait_for_questions(3)
    assert [_decide(sampler, name).decision.is_sampled() for name in "ab"] == [True, False]
    sampler.shutdown()


def test_operations_of_the_real_server_are_followed(tmp_path: Path) -> None:
    """Strategies that a person wrote: a probability by operation, a default, and a lower bound."""
    provider = SamplingProvider(tmp_path, SamplingSettings())
    default = {
        "type": "probabilistic",
        "param": 0.0,
        "operation_strategies": [{"operation": "pay", "type": "probabilistic", "param": 1.0}],
    }
    provider.versions.put({"default_strategy": default}, "ann")
    with sampling_doors(provider) as addresses:
        sampler = RemoteSampler("shop", None, RemoteOptions(f"http://{addresses['sampling_http']}"))
        assert sampler.refresh()
    assert dict(_decide(sampler, "pay").attributes) == {"sampler.type": "probabilistic", "sampler.param": 1.0}
    assert not _decide(sampler, "look").decision.is_sampled()
    sampler.shutdown()


def test_the_same_strategy_again_changes_nothing(answers: _Answers, endpoint: str) -> None:
    """The rate limit goes on where it was, and so do the lower bounds when only other operations' rates change."""
    answers.now = Answer(max_traces_per_s=1)
    sampler = RemoteSampler("shop", None, RemoteOptions(endpoint))
    assert sampler.refresh()
    limited = sampler._sampler
    assert sampler.refresh()
    assert sampler._sampler is limited
    answers.now = Answer(None, None, OperationSampling(0.5, 0.1, {"a": 0.5}))
    assert sampler.refresh()
    before = sampler._sampler
    answers.now = Answer(None, None, OperationSampling(0.5, 0.1, {"a": 0.25}))
    assert sampler.refresh()
    after = sampler._sampler
    assert isinstance(before, PerOperationSampler)
    assert isinstance(after, PerOperationSampler)
    assert after.by_operation["a"].lower_bound is before.by_operation["a"].lower_bound
    sampler.shutdown()


def test_the_last_strategy_stays_while_the_server_is_away(answers: _Answers, caplog: pytest.LogCaptureFixture) -> None:
    """It is told once, and not for each question."""
    with sampling_doors(answers) as addresses:
        sampler = RemoteSampler("shop", ALWAYS_OFF, RemoteOptions(f"http://{addresses['sampling_http']}"))
        assert sampler.refresh()
    with caplog.at_level(logging.WARNING):
        assert not sampler.refresh()
        assert not sampler.refresh()
    assert caplog.text.count("sampling stays as it is") == 1
    assert _decide(sampler).decision.is_sampled()
    sampler.shutdown()


def test_an_answer_that_is_none_changes_nothing(answers: _Answers, endpoint: str) -> None:
    """A probability of 7 is none; the start stays."""
    answers.now = Answer(7.0)
    sampler = RemoteSampler("shop", ConstSampler(True), RemoteOptions(endpoint))
    assert not sampler.refresh()
    assert dict(_decide(sampler).attributes)["sampler.type"] == "const"
    sampler.shutdown()


def test_a_server_that_comes_later_is_found(answers: _Answers) -> None:
    """Before the first answer it asks more often than once in an interval, and the more seldom the longer it takes."""
    sampler = RemoteSampler("shop", None, RemoteOptions(f"http://127.0.0.1:{_free_port()}", interval_s=60))
    pauses_s = [sampler._ask_in_background() for _ in range(9)]
    assert all(2**number / 2 <= pause_s <= 2**number for number, pause_s in enumerate(pauses_s[:6]))
    assert all(30 <= pause_s <= 60 for pause_s in pauses_s[6:])
    with sampling_doors(answers) as addresses:
        sampler._options = RemoteOptions(f"http://{addresses['sampling_http']}", interval_s=60)
        pauses_s = [sampler._ask_in_background() for _ in range(20)]
    assert all(54 <= pause_s <= 66 for pause_s in pauses_s)
    assert len(set(pauses_s)) > 1
    sampler.shutdown()


def test_a_server_that_hangs_is_in_nobodys_way() -> None:
    """A decision takes no longer while a question waits for its answer, and neither does the shutdown."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        options = RemoteOptions(f"http://127.0.0.1:{server.getsockname()[1]}", timeout_s=_LONG_S)
        sampler = RemoteSampler("shop", ConstSampler(True), options)
        begin_s = time.monotonic()
        assert _decide(sampler).decision.is_sampled()
        connection, _ = server.accept()  # it is asking now
        for _ in range(1000):
            assert _decide(sampler).decision.is_sampled()
        sampler.shutdown()
        assert time.monotonic() - begin_s < _LONG_S / 2
        connection.close()


def test_the_providers_shutdown_ends_the_thread(answers: _Answers, endpoint: str) -> None:
    """Below other samplers as well; later decisions are by the last strategy, and start no thread again."""
    sampler = RemoteSampler("shop", None, RemoteOptions(endpoint))
    provider, kept = keeping_provider(sampler=ParentBased(sampler))
    assert sampler.wait_for_answer(_LONG_S)
    worker = sampler._worker
    assert worker is not None
    provider.shutdown()
    worker.join(_LONG_S)
    assert not worker.is_alive()
    provider.get_tracer("test").start_span("late").end()
    assert kept.names == ["late"]
    assert sampler._worker is worker


def test_nothing_runs_before_the_first_question() -> None:
    """A server that forks its workers later forks no thread."""
    before = _threads()
    sampler = RemoteSampler("shop", None, RemoteOptions(f"http://127.0.0.1:{_free_port()}"))
    assert _threads() == before
    sampler.shutdown()
    _decide(sampler)
    assert _threads() == before


def test_a_sampler_that_nobody_holds_asks_no_more(answers: _Answers, endpoint: str) -> None:
    """Its thread ends at the next turn."""
    sampler = RemoteSampler("shop", None, RemoteOptions(endpoint, interval_s=0.02))
    assert sampler.wait_for_answer(_LONG_S)
    worker = sampler._worker
    assert worker is not None
    del sampler
    gc.collect()
    worker.join(_LONG_S)
    assert not worker.is_alive()


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_child_of_a_fork_asks_for_itself(answers: _Answers, endpoint: str) -> None:
    """It starts with the parent's strategy, and hears of a new one by its own thread."""
    sampler = RemoteSampler("shop", ALWAYS_OFF, RemoteOptions(endpoint, interval_s=3600))
    assert sampler.wait_for_answer(_LONG_S)
    answers.now = Answer(0.25)
    child = os.fork()
    if child == 0:  # nothing of the test runner may run in here
        is_told = _decide(sampler).decision.is_sampled() and sampler.wait_for_answer(0)
        sampler._answered.clear()
        is_asked = sampler.wait_for_answer(_LONG_S) and sampler.strategy == ProbabilisticStrategy(0.25)
        os._exit(0 if is_told and is_asked else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sampler.strategy == ProbabilisticStrategy(1.0)
    sampler.shutdown()


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://h:1", "http://h:1/sampling"),
        ("http://h:1/", "http://h:1/sampling"),
        ("https://h/api/sampling", "https://h/api/sampling"),
        ("http://h:1?x=1#y", "http://h:1/sampling?x=1"),
    ],
)
def test_an_address_without_a_path_is_completed(endpoint: str, url: str) -> None:
    """It gets the path that Jaeger has, and keeps its query."""
    assert RemoteOptions(endpoint).url == url


@pytest.mark.parametrize("endpoint", ["", "127.0.0.1:5778", "grpc://h:1", "http://", "http://h:x", "http://h:99999"])
def test_what_is_no_address_is_refused(endpoint: str) -> None:
    """With an address as it should be."""
    with pytest.raises(ConfigurationError, match=r"http://127\.0\.0\.1:5778/sampling"):
        RemoteOptions(endpoint)
