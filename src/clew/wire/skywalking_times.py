"""SkyWalking's times, milliseconds since 1970, in nanoseconds."""

from clew.errors import MalformedInput

_NS_PER_MS = 1_000_000
_MAX_MS = (2**64 - 1) // _NS_PER_MS


def unix_nano(milliseconds: int, name: str) -> int:
    """The same moment; 0 stays 0, which is `unknown` in both.

    Raises MalformedInput before 1970 or after 2554.
    """
    if not 0 <= milliseconds <= _MAX_MS:
        raise MalformedInput(
            f"{name} is {milliseconds}, outside 0 to {_MAX_MS} milliseconds since 1970; send it in these"
        )
    return milliseconds * _NS_PER_MS
