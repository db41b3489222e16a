"""What to look for inside values: e-mail addresses, card numbers, addresses of hosts, tokens, or an expression.

The values come from anybody, so that each pattern is made to take time in proportion to the text: the built-in ones
start a match in few places, and an expression may not have repeats that multiply.
"""

import re
import warnings
from collections.abc import Callable, Sequence
from itertools import accumulate

from clew.errors import ConfigurationError

Matches = list[tuple[int, int]]
"""Begin and end of each match, in order and apart from each other."""
Find = Callable[[str], Matches]

LONGEST_TEXT = 16 * 1024
"""A longer text counts as one match of any expression: an expression costs up to MOST_WAYS steps per character."""
MOST_WAYS = 256
_LONGEST_EXPRESSION = 500

_MAILBOX = re.compile(r"(?:[\w.+%-]|(?<=\w)'(?=\w)){1,64}\Z")
_MAILBOX_CHARACTERS = 64
_DOMAIN = re.compile(r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,32}[^\W\d_]{2,63}")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\d]|\.\d)", re.ASCII)
_BEARER = re.compile(r"\bbearer\s{1,8}([\w.~+/=-]{8,})", re.ASCII | re.IGNORECASE)
_DIGIT_RUN = re.compile(r"\d(?:[ -]?\d){12,}", re.ASCII)
_DIGIT_GROUP = re.compile(r"\d+", re.ASCII)
_CARD_DIGITS = range(13, 20)
_MOST_GROUPS = 6
"""Of one card: 19 digits in groups of four are five. With more, a text of single digits would cost a minute per MB."""
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def _found_by(expression: "re.Pattern[str]") -> Find:
    """Its matches, or what its first group matched."""
    group = 1 if expression.groups else 0
    return lambda text: [match.span(group) for match in expression.finditer(text) if match[group]]


def find_emails(text: str) -> Matches:
    """What is behind an @ tells; before it, at most as many characters as a mailbox may have, whatever stands there."""
    found: Matches = []
    past = 0
    for domain in _DOMAIN.finditer(text):
        first = max(past, domain.start() - _MAILBOX_CHARACTERS)
        if mailbox := _MAILBOX.search(text[first : domain.start()]):
            past = domain.end()
            found.append((first + mailbox.start(), past))
    return found


def find_cards(text: str) -> Matches:
    """Numbers of 13 to 19 digits, perhaps in groups with a space or hyphen between; the last one is Luhn's check."""
    found: Matches = []
    for run in _DIGIT_RUN.finditer(text):
        found += _cards_in(text, run.start(), run.end())
    return found


def _cards_in(text: str, start: int, end: int) -> Matches:
    """A card begins and ends where a group does. One number in ten passes by chance, so that all that may be one is."""
    groups = [match.span() for match in _DIGIT_GROUP.finditer(text, start, end)]
    digits = _Digits("".join([text[first:past] for first, past in groups]))
    places = [0, *accumulate(past - first for first, past in groups)]
    found: Matches = []
    for first, (begin, _) in enumerate(groups):
        past = _end_of_card(digits, places, groups, first)
        if past is None:
            continue
        if found and begin < found[-1][1]:
            found[-1] = found[-1][0], max(past, found[-1][1])
        else:
            found.append((begin, past))
    return found


def _end_of_card(digits: "_Digits", places: Sequence[int], groups: Matches, first: int) -> int | None:
    """Where the longest card ends that begins with this group; `places` says which digit each group begins with."""
    past, start = None, places[first]
    for group in range(first, min(first + _MOST_GROUPS, len(groups))):
        end = places[group + 1]
        if end - start > _CARD_DIGITS[-1]:
            break
        if end - start >= _CARD_DIGITS[0] and digits.has_check_digit(start, end):
            past = groups[group][1]
    return past


class _Digits:
    """Digits in a row, summed up once, so that the check digit of any card in it is found by subtraction."""

    def __init__(self, digits: str) -> None:
        values = [int(digit) for digit in digits]
        turns = (values[place] if place % 2 == 0 else _DOUBLED[values[place]] for place in range(len(values)))
        others = (values[place] if place % 2 else _DOUBLED[values[place]] for place in range(len(values)))
        self._sums = [0, *accumulate(turns)], [0, *accumulate(others)]

    def has_check_digit(self, start: int, end: int) -> bool:
        """Of the digits from `start` to before `end`; zeros alone have none."""
        sums = self._sums[(end - 1) % 2]  # the last digit counts once, the one before it twice, and so on
        return (sums[end] - sums[start]) % 10 == 0 and sums[end] != sums[start]


PATTERNS: dict[str, Find] = {
    "email": find_emails,
    "card": find_cards,
    "ipv4": _found_by(_IPV4),
    "bearer": _found_by(_BEARER),
}

_DIGITS_ALIKE = bytes(0x30 if chr(byte).isascii() and chr(byte).isdigit() else byte for byte in range(256))
_LARGE_NUMBER = re.compile(rb"\x18[\x80-\xff]{5}")
"""An int_value of 13 digits or more, behind the length of its AnyValue."""
_LARGE_NUMBER_BYTES = range(7, 11)
_AT_DOMAIN = re.compile(rb"@[a-zA-Z0-9\x80-\xff][\w.\x80-\xff-]{0,520}\.[a-zA-Z\x80-\xff]{2}")
"""In random ids it is found once in 5,000 spans; an @ alone, once in ten."""
_FOUR_NUMBERS = re.compile(rb"0\.0{1,3}\.0{1,3}\.0")


def _may_have_email(data: bytes) -> bool:
    return _AT_DOMAIN.search(data) is not None


def _may_have_large_number(data: bytes) -> bool:
    return any(data[match.start() - 1] in _LARGE_NUMBER_BYTES for match in _LARGE_NUMBER.finditer(data))


def _may_have_card(data: bytes) -> bool:
    digits = b"0" * _CARD_DIGITS[0]
    return digits in data.translate(_DIGITS_ALIKE, b" -") or _may_have_large_number(data)


HINTS: dict[str, Callable[[bytes], bool]] = {
    "email": _may_have_email,
    "card": _may_have_card,
    "ipv4": lambda data: _FOUR_NUMBERS.search(data.translate(_DIGITS_ALIKE)) is not None,
    "bearer": lambda data: b"bearer" in data.lower(),
}
"""False when nothing in an encoded request matches the pattern: 0.1 to 0.4 us per span, where a search takes 16."""


def expression(text: str) -> Find:
    """What an expression finds. Raises ConfigurationError when it is none, or could take long."""
    _refuse_slow(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python will read in another way one day
            find = _found_by(re.compile(text))
    except (re.error, Warning) as error:
        raise ConfigurationError(f"regex {text!r} is no regular expression: {error}") from error
    return lambda value: find(value) if len(value) <= LONGEST_TEXT else [(0, len(value))]


_PART = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\((?:\?[^:)]*[:)]?)?)|(?P<close>\))"
    r"|(?P<repeat>\*|\+|\?|\{\d+(?:,\d*)?\}|\{,\d+\})(?P<mode>[?+]?)|(?P<plain>.)",
    re.DOTALL,
)
_PLAIN_OPENINGS = ("(", "(?:", "(?i)")


def _refuse_slow(text: str) -> None:
    """Only repeats with a bound (or at the very end), none of groups, and no repeats or choices that multiply."""
    if len(text) > _LONGEST_EXPRESSION:
        raise ConfigurationError(f"a regex may have {_LONGEST_EXPRESSION} characters; this one has {len(text)}")
    ways, before = _Ways(), ""
    for part in _PART.finditer(text):
        kind = part.lastgroup if part["repeat"] is None else "repeat"
        if kind == "open" and part[0] not in _PLAIN_OPENINGS:
            raise ConfigurationError(f"regex {text!r}: {part[0]!r} isn't supported; groups are ( ), (?: ) and (?i) is")
        if kind == "escape" and (part[0][1].isdigit() or part[0][1] in "kgAZ"):
            raise ConfigurationError(f"regex {text!r}: {part[0]!r} isn't supported")
        if kind == "repeat":
            ways.multiply(_ways_of(part, text, before))
        elif kind == "open" and part[0] != "(?i)":
            ways.open_group()
        elif kind == "close":
            ways.close_group()
        elif part[0] == "|":
            ways.choose()
        before = str(kind)
    if ways.total() > MOST_WAYS:
        raise ConfigurationError(
            f"regex {text!r} can match in {ways.total()} ways at one place; write narrower repeats, or fewer choices"
        )


class _Ways:
    """In how many ways an expression can match at one place: repeats and groups multiply, choices add up."""

    def __init__(self) -> None:
        self._groups = [(0, 1)]  # of each open group: the choices before this one, and this one so far

    def multiply(self, ways: int) -> None:
        chosen, current = self._groups[-1]
        self._groups[-1] = chosen, current * ways

    def choose(self) -> None:
        chosen, current = self._groups[-1]
        self._groups[-1] = chosen + current, 1

    def open_group(self) -> None:
        self._groups.append((0, 1))

    def close_group(self) -> None:
        if len(self._groups) > 1:  # else it is no regular expression, and that is told later
            self.multiply(sum(self._groups.pop()))

    def total(self) -> int:
        return sum(map(sum, self._groups))


def _ways_of(part: "re.Match[str]", text: str, before: str) -> int:
    """How many lengths a repeat can take at one place."""
    repeat = part["repeat"]
    if repeat == "?":
        return 2
    if before == "close":
        raise ConfigurationError(f"regex {text!r}: a group can't be repeated; write it as often as it may come")
    least, comma, most = repeat.strip("{}").partition(",")
    if repeat in "*+" or (comma and not most):
        if part.end() == len(text.rstrip(")")):
            return 1
        raise ConfigurationError(f"regex {text!r}: {repeat} without a bound may only come last; write {{1,100}}")
    return int(most) - int(least or 0) + 1 if comma else 1
