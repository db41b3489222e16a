import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import Message

from clew.errors import MalformedInput
from clew.sampling.answer import Answer, OperationSampling, from_json, service_of, to_json, to_protobuf

Field = descriptor_pb2.FieldDescriptorProto
PER_OPERATION = Answer(0.8, None, OperationSampling(0.8, 0, {"op1": 0.2, 'a "quoted" name': 1.0}))
ANSWERS = [
    (Answer(0.001), '{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.001}}'),
    (Answer(1.0), '{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1}}'),
    (Answer(0.0), '{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0}}'),
    (
        Answer(None, 42),
        '{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":42}}',
    ),
    (
        PER_OPERATION,
        (
            '{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.8},'
            '"operationSampling":{"defaultSamplingProbability":0.8,"defaultLowerBoundTracesPerSecond":0,'
            '"perOperationStrategies":[{"operation":"op1","probabilisticSampling":{"samplingRate":0.2}},'
            '{"operation":"a \\"quoted\\" name","probabilisticSampling":{"samplingRate":1}}],'
            '"defaultUpperBoundTracesPerSecond":0}}'
        ),
    ),
    (
        Answer(None, None, OperationSampling(0.00001, 0.0167, {})),
        (
            '{"strategyType":"PROBABILISTIC","operationSampling":{"defaultSamplingProbability":0.00001,'
            '"defaultLowerBoundTracesPerSecond":0.0167,"perOperationStrategies":[],'
            '"defaultUpperBoundTracesPerSecond":0}}'
        ),
    ),
    (Answer(2e-7), '{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":2e-7}}'),
]


def _file() -> descriptor_pb2.FileDescriptorProto:
    """The messages of Jaeger's sampling.proto, by name, number, type and label."""
    file = descriptor_pb2.FileDescriptorProto(name="sampling.proto", package="jaeger.api_v2", syntax="proto3")
    kinds = file.enum_type.add(name="SamplingStrategyType")
    kinds.value.add(name="PROBABILISTIC", number=0)
    kinds.value.add(name="RATE_LIMITING", number=1)
    for name, fields in {
        "SamplingStrategyParameters": [("serviceName", Field.TYPE_STRING, "")],
        "ProbabilisticSamplingStrategy": [("samplingRate", Field.TYPE_DOUBLE, "")],
        "RateLimitingSamplingStrategy": [("maxTracesPerSecond", Field.TYPE_INT32, "")],
        "OperationSamplingStrategy": [
            ("operation", Field.TYPE_STRING, ""),
            ("probabilisticSampling", Field.TYPE_MESSAGE, "ProbabilisticSamplingStrategy"),
        ],
        "PerOperationSamplingStrategies": [
            ("defaultSamplingProbability", Field.TYPE_DOUBLE, ""),
            ("defaultLowerBoundTracesPerSecond", Field.TYPE_DOUBLE, ""),
            ("perOperationStrategies", Field.TYPE_MESSAGE, "OperationSamplingStrategy"),
            ("defaultUpperBoundTracesPerSecond", Field.TYPE_DOUBLE, ""),
        ],
        "SamplingStrategyResponse": [
            ("strategyType", Field.TYPE_ENUM, "SamplingStrategyType"),
            ("probabilisticSampling", Field.TYPE_MESSAGE, "ProbabilisticSamplingStrategy"),
            ("rateLimitingSampling", Field.TYPE_MESSAGE, "RateLimitingSamplingStrategy"),
            ("operationSampling", Field.TYPE_MESSAGE, "PerOperationSamplingStrategies"),
        ],
    }.items():
        message = file.message_type.add(name=name)
        for number, (field, kind, of) in enumerate(fields, 1):
            label = Field.LABEL_REPEATED if field == "perOperationStrategies" else Field.LABEL_OPTIONAL
            type_name = f".jaeger.api_v2.{of}" if of else None
            message.field.add(name=field, json_name=field, number=number, type=kind, label=label, type_name=type_name)
    return file


MESSAGES = message_factory.GetMessages([_file()], pool=descriptor_pool.DescriptorPool())


def message(name: str) -> Message:
    """An empty message of Jaeger's."""
    made: Message = MESSAGES[f"jaeger.api_v2.{name}"]()
    return made


@pytest.mark.parametrize(("answer", "expected"), ANSWERS)
def test_the_json_is_that_of_jaeger(answer: Answer, expected: str) -> None:
    """Byte for byte: camel case, names of enums, defaults, nothing that is null, and numbers as Go writes them."""
    assert to_json(answer).decode() == expected


@pytest.mark.parametrize("answer", [answer for answer, _ in ANSWERS])
def test_both_forms_say_the_same(answer: Answer) -> None:
    """Protobuf's own parsers read the same message from either."""
    from_bytes, from_json = message("SamplingStrategyResponse"), message("SamplingStrategyResponse")
    from_bytes.ParseFromString(to_protobuf(answer))
    json_format.Parse(to_json(answer), from_json)
    assert from_bytes == from_json
    assert from_bytes.SerializeToString(deterministic=True) == to_protobuf(answer)


@pytest.mark.parametrize("name", ["shop", "", "Zürich"])
def test_the_service_that_is_asked_for(name: str) -> None:
    """As protobuf encodes the question."""
    request = message("SamplingStrategyParameters")
    json_format.ParseDict({"serviceName": name}, request)
    assert service_of(request.SerializeToString()) == name


@pytest.mark.parametrize("request_bytes", [b"\x0a", b"\x0a\x05abc", b"\x0a\x01\xff", b"\xff" * 20, b"\x0b"])
def test_what_is_no_question_is_refused(request_bytes: bytes) -> None:
    """With the name of the message that was expected."""
    with pytest.raises(MalformedInput, match="SamplingStrategyParameters"):
        service_of(request_bytes)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(0.25),
        Answer(max_traces_per_s=7),
        Answer(0.5, operations=OperationSampling(0.5, 0.1, {"GET /": 1.0, "POST /": 1e-7})),
    ],
)
def test_what_is_written_can_be_read(answer: Answer) -> None:
    """An agent reads what its gateway wrote."""
    assert from_json(to_json(answer)) == answer


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"probabilisticSampling":{}}', b'{"rateLimitingSampling":{"maxTracesPerSecond":"x"}}']
)
def test_what_is_no_strategy_is_refused(body: bytes) -> None:
    """A proxy's page, or a part of one."""
    with pytest.raises(MalformedInput, match="no sampling strategy"):
        from_json(body)
