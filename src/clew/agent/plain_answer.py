"""Whole answers of small ASGI applications."""

from clew.receive.http_request import Receive, Scope, Send

TEXT, JSON = "text/plain; charset=utf-8", "application/json"


async def answer(send: Send, status: int, body: str | bytes, media: str = TEXT) -> None:
    """Send status, body and no more headers than it takes."""
    content = body.encode() if isinstance(body, str) else body
    headers = [(b"content-type", media.encode()), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def live(scope: Scope, receive: Receive, send: Send) -> bool:
    """Answer the messages of the server's lifespan; False when the scope is that of a request."""
    if scope["type"] != "lifespan":
        return False
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
    return True
