"""Conditions in part: what can be asked of spans before anything is known of their traces, and what is left then."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clew.query.condition import (
    ALWAYS,
    NEVER,
    And,
    Comparison,
    Condition,
    Exists,
    Intrinsic,
    Not,
    Or,
    all_of,
    any_of,
    none_of,
)

Leaf = Comparison | Exists


@dataclass(frozen=True, slots=True)
class Parts:
    """A condition is the conjunction of all three; `mixed` is what has fields of the span and of its trace."""

    of_span: Condition
    of_trace: Condition
    mixed: Condition


def leaves(condition: Condition) -> Iterator[Leaf]:
    """The comparisons in a condition, from left to right."""
    if isinstance(condition, And | Or):
        for operand in condition.operands:
            yield from leaves(operand)
    elif isinstance(condition, Not):
        yield from leaves(condition.operand)
    else:
        yield condition


def is_of_trace(leaf: Leaf) -> bool:
    """Whether a comparison is about the trace as a whole."""
    return isinstance(leaf.field, Intrinsic) and leaf.field.is_of_trace


def split(condition: Condition) -> Parts:
    """The condition in parts."""
    conjuncts = condition.operands if isinstance(condition, And) else (condition,)
    groups: dict[frozenset[bool], list[Condition]] = {}
    for conjunct in conjuncts:
        groups.setdefault(frozenset(map(is_of_trace, leaves(conjunct))), []).append(conjunct)
    # One without any comparison is never true (`NEVER`), and belongs to spans as well as to anything.
    of_span = [*groups.get(frozenset({False}), []), *groups.get(frozenset(), [])]
    of_trace, mixed = groups.get(frozenset({True}), []), groups.get(frozenset({False, True}), [])
    return Parts(all_of(tuple(of_span)), all_of(tuple(of_trace)), all_of(tuple(mixed)))


def replaced(condition: Condition, value_of: Callable[[Leaf], Condition]) -> Condition:
    """The condition with each comparison replaced, and simplified."""
    if isinstance(condition, And):
        return all_of(tuple(replaced(operand, value_of) for operand in condition.operands))
    if isinstance(condition, Or):
        return any_of(tuple(replaced(operand, value_of) for operand in condition.operands))
    if isinstance(condition, Not):
        return none_of(replaced(condition.operand, value_of))
    return value_of(condition)


def relaxed(condition: Condition) -> Condition:
    """True for every span for which the condition may be true, whatever its trace is like."""
    return _relaxed(condition, True)


def _relaxed(condition: Condition, best: bool) -> Condition:
    if isinstance(condition, And):
        return all_of(tuple(_relaxed(operand, best) for operand in condition.operands))
    if isinstance(condition, Or):
        return any_of(tuple(_relaxed(operand, best) for operand in condition.operands))
    if isinstance(condition, Not):
        return none_of(_relaxed(condition.operand, not best))
    return (ALWAYS if best else NEVER) if is_of_trace(condition) else condition
