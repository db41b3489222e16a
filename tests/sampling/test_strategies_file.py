import json
from typing import Any

import pytest

from clew.errors import InputTooLarge, MalformedInput
from clew.sampling.strategies_file import MAX_BYTES, parse_strategies, read_strategy
from clew.sampling.strategy import Adaptive, Probabilistic, RateLimiting, Strategies, Strategy

EXAMPLE = {
    "default_strategy": {
        "type": "probabilistic",
        "param": 0.5,
        "operation_strategies": [{"operation": "/health", "type": "probabilistic", "param": 0.0}],
    },
    "service_strategies": [
        {"service": "foo", "type": "probabilistic", "param": 0.8, "lower_bound_traces_per_second": 0.1},
        {"service": "bar", "type": "ratelimiting", "param": 5},
        {
            "service": "pay",
            "type": "adaptive",
            "param": 2,
            "operation_strategies": [{"operation": "POST /", "type": "adaptive", "param": 10}],
        },
        {"service": "all", "type": "const", "param": 1},
    ],
}


def test_every_kind_of_strategy() -> None:
    """Jaeger's two, adaptive, const as a probability, operations and the lower bound."""
    assert parse_strategies(json.dumps(EXAMPLE).encode()) == Strategies(
        Strategy(Probabilistic(0.5), {"/health": Probabilistic(0.0)}),
        {
            "foo": Strategy(Probabilistic(0.8), lower_bound_per_s=0.1),
            "bar": Strategy(RateLimiting(5)),
            "pay": Strategy(Adaptive(2.0), {"POST /": Adaptive(10.0)}),
            "all": Strategy(Probabilistic(1.0)),
        },
    )


@pytest.mark.parametrize("text", ["{}", '{"default_strategy": null, "service_strategies": null}'])
def test_nothing_said_is_nothing(text: str) -> None:
    """An empty document is right."""
    assert parse_strategies(text.encode()) == Strategies()


def service(**keys: Any) -> dict[str, Any]:
    """A document with one service."""
    return {"service_strategies": [{"service": "a", "type": "probabilistic", "param": 0.5} | keys]}


def operation(**keys: Any) -> dict[str, Any]:
    """A document with one operation of one service."""
    return service(operation_strategies=[{"operation": "b", "type": "probabilistic", "param": 0.5} | keys])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the document must be an object"),
        ({"default": {}}, "the document has 'default', which means nothing; there are: default_strategy, service_stra"),
        ({"default_strategy": 1}, "default_strategy must be an object"),
        ({"default_strategy": {}}, "default_strategy.type: None is none; write probabilistic, ratelimiting"),
        ({"service_strategies": {}}, "service_strategies must be a list"),
        ({"default_strategy": {"type": "const"}}, "default_strategy.param is missing; write what const takes"),
        (service(param=1.5), "service_strategies[0].param: 1.5 does not do; write a number from 0 to 1"),
        (service(param="0.5"), "service_strategies[0].param: '0.5' does not do"),
        (service(param=True), "service_strategies[0].param: True does not do"),
        (service(param=[]), "service_strategies[0].param: a value does not do"),
        (service(service=""), "service_strategies[0].service must be a name"),
        (service(type="adaptive", param=0), "service_strategies[0].param is 0; write how many"),
        (service(type="const", param=0.5), "service_strategies[0].param: 0.5 is no whole number"),
        (service(type="ratelimiting", param=2**31), "service_strategies[0].param: 2147483648 does not do"),
        (service(lower_bound_traces_per_second=-1), "service_strategies[0].lower_bound_traces_per_second: -1 does"),
        (operation(param=2), "service_strategies[0].operation_strategies[0].param: 2 does not do"),
        (operation(type="ratelimiting"), "service_strategies[0].operation_strategies[0].param: 0.5 is no whole"),
        (operation(type="ratelimiting", param=1), "operation_strategies[0].type: clients can't limit the rate of one"),
        (operation(operation=7), "service_strategies[0].operation_strategies[0].operation must be a name"),
    ],
)
def test_a_mistake_is_named_with_its_place(document: object, message: str) -> None:
    """The message leads to the line and says what to write instead."""
    with pytest.raises(MalformedInput) as caught:
        parse_strategies(json.dumps(document).encode())
    assert message in str(caught.value)


def test_nobody_is_named_twice() -> None:
    """Of two strategies for one service or operation, nobody would know which holds."""
    twice = service()["service_strategies"] * 2
    with pytest.raises(MalformedInput, match=r"service_strategies\[1\].service: 'a' is there already"):
        parse_strategies(json.dumps({"service_strategies": twice}).encode())
    operations = [{"operation": "b", "type": "const", "param": 1}] * 2
    with pytest.raises(MalformedInput, match=r"operation_strategies\[1\].operation: 'b' is there already"):
        parse_strategies(json.dumps(service(operation_strategies=operations)).encode())


@pytest.mark.parametrize("text", [b"", b"{", b'{"default_strategy": {"type": "const", "param": NaN}}', b"\xff"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    """With the parser's reason."""
    with pytest.raises(MalformedInput, match="no JSON"):
        parse_strategies(text)


def test_too_much_is_refused() -> None:
    """Before it is parsed."""
    with pytest.raises(InputTooLarge):
        parse_strategies(b" " * (MAX_BYTES + 1))


def test_one_strategy_alone() -> None:
    """Messages begin with the place that the caller names."""
    assert read_strategy({"type": "const", "param": 0}, "strategy") == Strategy(Probabilistic(0.0))
    with pytest.raises(MalformedInput, match=r"^strategy\.param"):
        read_strategy({"type": "const", "param": 9}, "strategy")
