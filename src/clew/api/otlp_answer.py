"""Answers that are OpenTelemetry's own messages: JSON or, when `Accept` asks for it, protobuf."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from litestar import Response
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, Schema

from clew.api.refusals import AnyRequest

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


@dataclass
class JsonOrProtobuf(Operation):
    """An operation whose 200 is JSON or, when `Accept` asks for it, protobuf; the framework describes only one."""

    def __post_init__(self) -> None:
        content = getattr((self.responses or {}).get("200"), "content", None)
        if content is not None:
            binary = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
            content[PROTOBUF] = OpenAPIMediaType(schema=binary)


def otlp_answer(request: AnyRequest, message: Message, to_json: Callable[[Any], bytes]) -> Response[bytes]:
    """The message in the form that the request asks for."""
    wants_protobuf = request.accept.best_match([JSON, PROTOBUF], default=JSON) == PROTOBUF
    body = message.SerializeToString() if wants_protobuf else to_json(message)
    return Response(body, media_type=PROTOBUF if wants_protobuf else JSON, headers={"Vary": "Accept"})
