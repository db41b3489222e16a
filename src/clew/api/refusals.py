"""Errors as the HTTP answers that the contract promises: `{"error":{"status","key","message"}}`."""

import logging
import secrets
from math import ceil
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import ResponseSpec

from clew.api.contract import ErrorAnswer, ErrorDetail
from clew.errors import BadQuery, NotFound, Overloaded, PermissionDenied, QueryCancelled, QueryTooExpensive

_log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]

DOCUMENTED_REFUSALS = {
    400: ResponseSpec(ErrorAnswer, description="A parameter is wrong; `key` names it", generate_examples=False),
    401: ResponseSpec(ErrorAnswer, description="No key, or one that isn't good (any more)", generate_examples=False),
    403: ResponseSpec(ErrorAnswer, description="The key doesn't allow this", generate_examples=False),
    422: ResponseSpec(
        ErrorAnswer,
        description="Over the limit on time, memory or rows, whose setting `key` names; asking the same again can't "
        "help, the message says how to narrow the question",
        generate_examples=False,
    ),
    429: ResponseSpec(ErrorAnswer, description="Too busy; ask again after `Retry-After`", generate_examples=False),
    503: ResponseSpec(ErrorAnswer, description="Clew is stopping; ask again when it is back", generate_examples=False),
    500: ResponseSpec(
        ErrorAnswer, description="A fault of Clew; the message has a reference to its log", generate_examples=False
    ),
}
DOCUMENTED_NOT_FOUND = {404: ResponseSpec(ErrorAnswer, description="No such trace", generate_examples=False)}


def refusal(status: int, message: str, key: str | None = None, headers: dict[str, str] | None = None) -> Response[Any]:
    """An error answer in the contract's form."""
    body = ErrorAnswer(ErrorDetail(status, key, message))
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def refuse_query(_: AnyRequest, error: BadQuery) -> Response[Any]:
    """400 with the name of the parameter."""
    return refusal(400, str(error), error.key)


def refuse_unknown(_: AnyRequest, error: NotFound) -> Response[Any]:
    """404: the trace isn't here."""
    return refusal(404, str(error))


def refuse_expensive(_: AnyRequest, error: QueryTooExpensive) -> Response[Any]:
    """422 and not 503: clients repeat a 503, and this question would be as expensive the next time."""
    return refusal(422, str(error), error.key)


def refuse_denied(_: AnyRequest, error: PermissionDenied) -> Response[Any]:
    """403: the key is good, and doesn't allow this."""
    return refusal(403, str(error))


def refuse_cancelled(_: AnyRequest, error: QueryCancelled) -> Response[Any]:
    """503: Clew is stopping. When it is the client who left, nobody reads this."""
    return refusal(503, str(error))


def refuse_for_now(_: AnyRequest, error: Overloaded) -> Response[Any]:
    """429 with the seconds to wait."""
    return refusal(429, str(error), headers={"Retry-After": str(max(1, ceil(error.retry_after_s)))})


def refuse_request(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """What the framework refuses: no such route, wrong method, a parameter of the wrong type."""
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        first = error.extra[0]
        return refusal(400, f"{first.get('key')}: {first.get('message')}", first.get("key"))
    if error.status_code == 404:
        return refusal(404, f"{request.url.path} is no part of this API; /api/clew/openapi.json lists what is")
    return refusal(error.status_code, error.detail, headers=dict(error.headers or {}))


def refuse_deep(_: AnyRequest, __: RecursionError) -> Response[Any]:
    """400: a body of brackets in brackets."""
    return refusal(400, "the body is nested too deeply; send less than a hundred levels")


def refuse_unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
    """500 without internals; the log has them under the same reference."""
    reference = secrets.token_hex(4)
    _log.error("%s %s failed, reference %s", request.method, request.url.path, reference, exc_info=error)
    return refusal(500, f"something failed inside Clew; its log says more under the reference {reference}")


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    BadQuery: refuse_query,
    NotFound: refuse_unknown,
    QueryTooExpensive: refuse_expensive,
    PermissionDenied: refuse_denied,
    QueryCancelled: refuse_cancelled,
    Overloaded: refuse_for_now,
    HTTPException: refuse_request,
    RecursionError: refuse_deep,
    Exception: refuse_unexpected,
}
