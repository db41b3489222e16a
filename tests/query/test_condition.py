from clew.query.condition import ALWAYS, NEVER, And, Attribute, Exists, Intrinsic, Not, Or, all_of, any_of, none_of

A, B = Exists(Attribute(None, "a")), Exists(Attribute(None, "b"))


def test_conjunctions_and_disjunctions_are_flat() -> None:
    """Nested ones are taken apart, single ones stay as they are, and none is always, or never, true."""
    assert all_of((A, And((B, A)))) == And((A, B, A))
    assert any_of((A, Or((B,)))) == Or((A, B))
    assert all_of((A,)) == any_of((A,)) == A
    assert all_of(()) == ALWAYS
    assert any_of(()) == NEVER


def test_what_is_certain_decides() -> None:
    """Something never true makes a conjunction so; something always true a disjunction."""
    assert all_of((A, NEVER)) == NEVER
    assert any_of((A, ALWAYS)) == ALWAYS
    assert all_of((A, ALWAYS)) == any_of((A, NEVER)) == A
    assert none_of(ALWAYS) == NEVER
    assert none_of(NEVER) == ALWAYS
    assert none_of(none_of(A)) == A
    assert none_of(A) == Not(A)


def test_fields_of_traces_are_known() -> None:
    """They have one value for all spans of a trace."""
    assert Intrinsic("trace.duration").is_of_trace
    assert not Intrinsic("duration").is_of_trace
