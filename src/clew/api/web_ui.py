"""The built web UI: files of one directory, and `index.html` for every route that the UI draws itself."""

import mimetypes
import re
from pathlib import Path

import anyio
from litestar.types import HTTPScope, Receive, Send

BUILT_UI = Path(__file__).parent / "static"

# Vite puts the hash of the content into the name: a changed file is a new name, so that it can be kept for ever.
_HASHED = re.compile(r"assets/.*-[A-Za-z0-9_-]{8,}\.\w+")
_IMMUTABLE = b"public, max-age=31536000, immutable"
_TEXT_TYPES = ("text/", "application/javascript", "application/json", "image/svg+xml")
_NOT_BUILT = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Clew</title>
<h1>The web UI is not built</h1>
<p>Clew runs and its API answers, but this installation has no web UI. In the source tree, run
<code>make ui</code> and load this page again.</p>
<p>The API is described at <a href="/api/clew/openapi.json">/api/clew/openapi.json</a>.</p>
"""


class WebUi:
    """An ASGI application for GET and HEAD of the UI's files; reads them at each request, so a rebuild shows."""

    def __init__(self, directory: Path = BUILT_UI) -> None:
        self._directory = directory

    async def __call__(self, scope: HTTPScope, _receive: Receive, send: Send) -> None:
        """Answers with a file, `index.html`, or a page that says how to build the UI."""
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, scope, 405, "text/plain", b"only GET and HEAD\n", allow=b"GET, HEAD")
            return
        name = scope["path"].strip("/") or "index.html"
        body = await self._read(name)
        if body is None and not _is_file_name(name):
            name = "index.html"
            body = await self._read(name)
        if body is not None:
            await _answer(send, scope, 200, _media_type(name), body, cache=_cache_control(name))
        elif name == "index.html":
            await _answer(send, scope, 503, "text/html; charset=utf-8", _NOT_BUILT)
        else:
            await _answer(send, scope, 404, "text/plain", b"no such file\n")

    async def _read(self, name: str) -> bytes | None:
        path = self._directory / name
        if "\0" in name or ".." in name.split("/"):
            return None
        try:
            return await anyio.Path(path).read_bytes()
        except OSError:
            return None


def _is_file_name(name: str) -> bool:
    # A file that is gone must be 404: index.html in the place of a script is a riddle for the one who debugs it.
    return name.startswith("assets/") or ("/" not in name and "." in name)


def _media_type(name: str) -> str:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{media_type}; charset=utf-8" if media_type.startswith(_TEXT_TYPES) else media_type


def _cache_control(name: str) -> bytes:
    return _IMMUTABLE if _HASHED.fullmatch(name) else b"no-cache"


async def _answer(
    send: Send,
    scope: HTTPScope,
    status: int,
    media_type: str,
    body: bytes,
    *,
    cache: bytes = b"no-store",
    allow: bytes = b"",
) -> None:
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", cache),
    ]
    if allow:
        headers.append((b"allow", allow))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body, "more_body": False})
