import asyncio
from typing import Any

from clew.agent.plain_answer import JSON, answer, live


def test_an_answer_has_length_and_media_type() -> None:
    """Text and bytes, of any length."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(answer(send, 200, "ä"))
    asyncio.run(answer(send, 503, b"{}", JSON))
    assert [message.get("status") for message in sent[::2]] == [200, 503]
    assert dict(sent[0]["headers"]) == {b"content-type": b"text/plain; charset=utf-8", b"content-length": b"2"}
    assert (sent[1]["body"], sent[3]["body"]) == ("ä".encode(), b"{}")


def test_the_lifespan_of_a_server_is_answered() -> None:
    """Start and end are complete at once; a request is somebody else's."""
    told = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        return told.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    assert asyncio.run(live({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert not asyncio.run(live({"type": "http"}, receive, send))
