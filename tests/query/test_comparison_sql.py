from decimal import Decimal

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from clew.query.binder import Binder
from clew.query.comparison_sql import element_sql, text_sql, whole_sql
from clew.query.condition import Attribute, Comparison, Exists, Number, Text
from tests.data_plane import DataPlane

NUMBERS = (-(2**63), -1, 0, 5, 6, 2**53, 2**53 + 1, 2**63 - 1)


def _answer(data_plane: DataPlane, sql: str, binder: Binder) -> bool:
    ((truth,),) = data_plane.engine.read(f"SELECT {sql}", binder.parameters)
    return bool(truth)


@pytest.mark.parametrize("operator", ["=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("other", ["5", "5.5", "-0.5", "9007199254740993", "1e30", "-1e30"])
def test_whole_numbers_compare_exactly(data_plane: DataPlane, operator: str, other: str) -> None:
    """Near 2**53, with fractions, and with numbers beyond 64 bits."""
    for number in NUMBERS:
        binder = Binder()
        sql = whole_sql(binder.bind(number, "Int64"), operator, Decimal(other), "Int64", binder)
        compare = {"=": "__eq__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}[operator]
        assert _answer(data_plane, sql, binder) == getattr(Decimal(number), compare)(Decimal(other)), (number, other)


def test_texts_compare_byte_by_byte(data_plane: DataPlane) -> None:
    """Order, beginnings and patterns; a pattern may match anywhere."""
    for operator, other, truth in (("<", "é", True), ("^=", "ab", True), ("^=", "b", False), ("=~", "b.$", True)):
        binder = Binder()
        assert _answer(data_plane, text_sql("'abc'", operator, other, binder), binder) == truth, operator


@pytest.mark.parametrize("key", ["k", "long" * 40])
def test_values_are_found_in_encoded_attributes(data_plane: DataPlane, key: str) -> None:
    """By key and kind, with keys and texts of any length; a short attribute can be read in a shorter way."""
    field = Attribute(None, key)
    over_5 = Comparison(field, ">", Number(Decimal(5)))
    for value, test, truth in (
        (AnyValue(int_value=6), over_5, True),
        (AnyValue(int_value=-6), over_5, False),
        (AnyValue(double_value=5.5), over_5, True),
        (AnyValue(string_value="6"), over_5, False),
        (AnyValue(string_value="x" * 300 + "y"), Comparison(field, "=~", Text("xy$")), True),
        (AnyValue(string_value="abc"), Comparison(field, "^=", Text("ab")), True),
        (AnyValue(string_value="abc"), Exists(field), True),
    ):
        for attribute_key, is_key in ((key, True), (key + "2", False)):
            encoded = KeyValue(key=attribute_key, value=value).SerializeToString()
            for is_short in {False, len(encoded) < 128}:
                binder = Binder()
                sql = element_sql(test, binder.binary(encoded), binder, is_short)
                assert _answer(data_plane, sql, binder) == (truth and is_key)
