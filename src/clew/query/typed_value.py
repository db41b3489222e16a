"""From what a person typed to the texts under which the store keeps the values that may be meant.

`kind=text` tells the kinds apart: `1.50` means the number 1.5 and the string "1.50", but not the string "1.5", which
may be another version of something.
"""

import math
import re
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE = re.compile(r"([+-]?)(?:(inf|infinity)|nan)", re.IGNORECASE)
_LARGEST_WHOLE = 2**63


def stored_forms(typed: str) -> list[str]:
    """Every `kind=text` that the typed text may mean; kinds are those of VALUE_KINDS that a person can type."""
    forms = [f"string={typed}"]
    if not typed:
        forms.append("none=")
    if typed.lower() in ("true", "false"):
        forms.append(f"bool={typed.lower()}")
    if _NUMBER.fullmatch(typed):
        forms += _number_forms(typed)
    elif (match := _NOT_FINITE.fullmatch(typed)) is not None:
        sign = "-" if match[1] == "-" else ""
        forms.append(f"double={sign}inf" if match[2] else "double=nan")
    return forms


def double_text(number: float) -> str:
    """A finite double as the store writes it: the fewest digits, with an exponent below 1e-6 and from 1e21 on."""
    sign = "-" if math.copysign(1, number) < 0 else ""
    _, digit_tuple, exponent = Decimal(repr(abs(number))).normalize().as_tuple()
    digits = "".join(map(str, digit_tuple))
    if not isinstance(exponent, int) or number == 0:
        return f"{sign}0"
    point = len(digits) + exponent
    if not -6 < point <= 21:
        return f"{sign}{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{point - 1}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def _number_forms(typed: str) -> list[str]:
    exact, nearest = Decimal(typed), float(typed)
    forms = []
    if abs(exact) <= _LARGEST_WHOLE and exact == int(exact):
        forms.append(f"int={int(exact)}")
    if nearest == 0:
        forms += ["double=0", "double=-0"]
    elif math.isfinite(nearest):
        forms.append(f"double={double_text(nearest)}")
    return forms
