"""Path parameters may contain a slash (`http/route`), encoded as %2F; servers decode it before anyone can route.

So the REST API routes on the path as it was sent, and path parameters are decoded after that.
"""

from urllib.parse import quote, unquote

from litestar.types import Scope


def encoded_path(scope: Scope) -> str:
    """The path as it was sent, still percent-encoded; rebuilt when the server doesn't pass it on."""
    raw_path: bytes | None = scope.get("raw_path")
    if raw_path is None:
        return quote(scope["path"])
    return raw_path.partition(b"?")[0].decode("utf-8", "replace")


def decode_path_parameter(segment: str) -> str:
    """The text of one path parameter."""
    return unquote(segment)
