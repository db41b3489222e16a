"""Remote sampling over gRPC: `jaeger.api_v2.SamplingManager/GetSamplingStrategy`."""

from collections.abc import Sequence

from clew.receive.entrance import Entrance
from clew.receive.grpc_door import GrpcMethod, GrpcQuestion
from clew.sampling.answer import service_of, to_protobuf

PROTOCOL = "sampling_grpc"


def sampling_methods(entrance: Entrance, *, is_for_everybody: bool = True) -> Sequence[GrpcMethod]:
    """The one method; a request without a service gets what holds for services that nobody named."""
    answers = entrance.sampling

    def answer(request: bytes) -> bytes:
        return to_protobuf(answers.answer(service_of(request), PROTOCOL))

    return (
        GrpcQuestion("jaeger.api_v2.SamplingManager", "GetSamplingStrategy", answer, is_for_everybody=is_for_everybody),
    )
