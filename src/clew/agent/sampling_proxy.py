"""Jaeger's remote sampling over HTTP, answered with the gateway's strategies: `GET /sampling?service=NAME`."""

import asyncio
from urllib.parse import parse_qs

from clew.agent.gateway_strategies import GatewayStrategies
from clew.agent.plain_answer import JSON, answer, live
from clew.receive.http_request import Receive, Scope, Send

_LONGEST_NAME = 500


class SamplingProxy:
    """An ASGI application."""

    def __init__(self, strategies: GatewayStrategies) -> None:
        self._strategies = strategies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await live(scope, receive, send):
            return
        if scope["type"] != "http":
            return
        services = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("service", [])
        if scope["method"] != "GET":
            await answer(send, 405, "strategies are asked for with GET\n")
        elif len(services) != 1:
            await answer(send, 400, "'service' parameter must be provided once\n")
        elif len(services[0]) > _LONGEST_NAME:
            await answer(send, 400, f"a service's name has at most {_LONGEST_NAME} characters\n")
        else:
            await self._serve(services[0], send)

    async def _serve(self, service: str, send: Send) -> None:
        body = await asyncio.to_thread(self._strategies.json, service)
        if body:
            await answer(send, 200, body, JSON)
        else:
            await answer(send, 503, "no gateway answers, and this service's strategy isn't known; ask again later\n")
