"""Comparisons as expressions of the engine: of texts, numbers, and of the values in encoded attributes."""

import math
from decimal import Decimal

from clew.query.binder import Binder
from clew.query.condition import Attribute, Comparison, Exists, Number, Text, Typed
from clew.query.typed_value import (
    DOUBLE,
    INT,
    LARGEST_INT,
    SMALLEST_INT,
    STRING,
    attribute_forms,
    double_bytes,
    key_prefix,
    text_value,
    typed_values,
)

NEVER_SQL, ALWAYS_SQL = "0", "1"
_SMALLEST = {"Int64": SMALLEST_INT, "UInt64": 0}
_LARGEST = {"Int64": LARGEST_INT, "UInt64": 2**64 - 1}


def text_sql(subject: str, operator: str, text: str, binder: Binder) -> str:
    """How a text compares with another, byte by byte; `=~` finds a match anywhere in it."""
    other = binder.binary(text.encode())
    if operator == "^=":
        return f"startsWith({subject}, {other})"
    if operator == "=~":
        return f"match({subject}, {binder.bind(text, 'String')})"
    return f"{subject} {operator} {other}"


def whole_sql(subject: str, operator: str, number: Decimal, kind: str, binder: Binder) -> str:
    """How a whole number (of the engine's type `kind`) compares with any number, exactly."""
    if number != int(number):
        if operator == "=":
            return NEVER_SQL
        # Between two whole numbers: `< 5.5` is `<= 5`, and `> 5.5` is `>= 6`.
        number = Decimal(math.floor(number) if operator in ("<", "<=") else math.ceil(number))
        operator = f"{operator[0]}="
    if not _SMALLEST[kind] <= number <= _LARGEST[kind]:
        is_below = number > 0
        return ALWAYS_SQL if operator != "=" and (operator[0] == "<") == is_below else NEVER_SQL
    return f"{subject} {operator} {binder.bind(int(number), kind)}"


def forms_of(test: Comparison, key: str) -> list[bytes]:
    """All encoded attributes that are equal to what was typed."""
    if isinstance(test.value, Typed):
        return attribute_forms(key, typed_values(test.value.text))
    text = test.value.text if isinstance(test.value, Text) else ""
    return attribute_forms(key, [text_value(text)])


def element_sql(test: Comparison | Exists, element: str, binder: Binder, is_short: bool = False) -> str:
    """Whether an encoded attribute (of less than 128 bytes, if short) passes an attribute's test."""
    key = test.field.key if isinstance(test.field, Attribute) else ""
    prefix = key_prefix(key)
    has_key = f"startsWith({element}, {binder.binary(prefix)})"
    if isinstance(test, Exists):
        return has_key
    if test.operator == "=":
        return f"has({binder.binaries(forms_of(test, key))}, {element})"
    if is_short:  # then each length takes one byte, and all is where it must be
        value, content = (f"substring({element}, {binder.bind(len(prefix) + skip, 'UInt32')})" for skip in (3, 5))
    else:
        place = binder.bind(len(prefix) + 2, "UInt32")
        value = f"substring({element}, {place} + otlp_length_bytes({element}, {place}))"
        content = f"otlp_content({value})"
    return f"({has_key} AND {_value_sql(test, value, content, binder)})"


def _value_sql(test: Comparison, value: str, content: str, binder: Binder) -> str:
    if isinstance(test.value, Number):
        number = test.value.number
        whole = whole_sql(f"otlp_int({value})", test.operator, number, "Int64", binder)
        double = f"otlp_double({value}) {test.operator} reinterpretAsFloat64({binder.binary(double_bytes(number))})"
        is_int, is_double = (f"startsWith({value}, {binder.binary(tag)})" for tag in (INT, DOUBLE))
        return f"(({is_int} AND {whole}) OR ({is_double} AND {double}))"
    said = text_sql(content, test.operator, test.value.text, binder)
    return f"(startsWith({value}, {binder.binary(STRING)}) AND {said})"
