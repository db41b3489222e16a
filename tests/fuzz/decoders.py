"""What reads bytes that anybody may send: a line each, for `make fuzz` and for the replay of its corpus."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clew.errors import InputRefused
from clew.wire import zipkin_json, zipkin_proto, zipkin_thrift, zipkin_v1_json
from clew.wire.compiled_translation import Translation
from clew.wire.jaeger_proto import REQUEST, read_request
from clew.wire.jaeger_thrift import BATCHES, MESSAGES, Protocol, read_batch, read_message
from clew.wire.otlp_check import CheckedRequest, check_by_parsing, check_logs, check_traces
from clew.wire.otlp_json import logs_json_to_otlp, traces_json_to_otlp
from clew.wire.otlp_signals import LOGS, TRACES
from clew.wire.skywalking import collection_to_otlp
from clew.wire.skywalking_attached import attached_event_to_otlp
from clew.wire.skywalking_json import segments_json_to_otlp
from clew.wire.skywalking_logs import LogStream
from clew.wire.skywalking_logs_json import logs_json_to_otlp as skywalking_logs_json_to_otlp

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Decoder:
    """`translate` is the one that decides: OTLP bytes, or InputRefused.

    `compiled` gives the same bytes or says nothing; `check` is for the signal that the bytes are of. The corpus is in
    tests/fuzz/corpus/<name>, a file for each body.
    """

    name: str
    translate: Callable[[bytes], bytes]
    compiled: Translation | None = None
    check: Callable[[bytes], CheckedRequest] = check_traces

    @property
    def corpus(self) -> Path:
        return CORPUS / self.name

    def bodies(self) -> list[bytes]:
        """The corpus, in the order of the names."""
        return [path.read_bytes() for path in sorted(self.corpus.iterdir())]


def run_one(decoder: Decoder, body: bytes) -> bool:
    """Was the body taken? AssertionError, or whatever else is raised, is a fault of the decoder."""
    found = decoder.compiled.translate(body) if decoder.compiled else None
    refusal, written = _translated(decoder, body)
    if refusal is not None:
        assert found is None, f"the compiled translation takes what is refused: {refusal}"
        assert str(refusal), "a refusal without a reason"
        return False
    assert found in {None, written}, "the compiled translation says something else"
    _check_written(decoder, written)
    return True


def _translated(decoder: Decoder, body: bytes) -> tuple[InputRefused | None, bytes]:
    try:
        return None, decoder.translate(body)
    except InputRefused as refusal:
        return refusal, b""


def _check_written(decoder: Decoder, written: bytes) -> None:
    """What was translated is OTLP as upb writes it; at most some of its records are refused."""
    try:
        checked = decoder.check(written)
    except InputRefused as refusal:
        raise AssertionError(f"the translation is no good OTLP: {refusal}") from refusal
    kept = written if checked.span_count else b""
    assert checked.rejected or checked.payload == kept, "the translation isn't canonical"


def _checked_traces(body: bytes) -> bytes:
    return _same_both_ways(check_traces(body), check_by_parsing(TRACES, body))


def _checked_logs(body: bytes) -> bytes:
    return _same_both_ways(check_logs(body), check_by_parsing(LOGS, body))


def _same_both_ways(scanned: CheckedRequest, parsed: CheckedRequest) -> bytes:
    assert scanned == parsed, "the scanner and the parser disagree"
    return parsed.payload


def _skywalking_log(body: bytes) -> bytes:
    return LogStream().to_otlp(body, received_ns=1)


DECODERS = (
    Decoder("otlp_traces", _checked_traces),
    Decoder("otlp_logs", _checked_logs, check=check_logs),
    Decoder("otlp_json_traces", traces_json_to_otlp),
    Decoder("otlp_json_logs", logs_json_to_otlp, check=check_logs),
    *(Decoder(f"jaeger_{each.value}_batch", partial(read_batch, protocol=each), BATCHES[each]) for each in Protocol),
    *(
        Decoder(f"jaeger_{each.value}_message", partial(read_message, protocol=each), MESSAGES[each])
        for each in Protocol
    ),
    Decoder("jaeger_proto", read_request, REQUEST),
    Decoder("zipkin_json", zipkin_json.zipkin_json_by_parsing, zipkin_json.COMPILED),
    Decoder("zipkin_proto", zipkin_proto.zipkin_proto_by_parsing, zipkin_proto.COMPILED),
    Decoder("zipkin_v1_json", zipkin_v1_json.zipkin_v1_json_by_parsing, zipkin_v1_json.COMPILED),
    Decoder("zipkin_thrift", zipkin_thrift.zipkin_thrift_by_parsing, zipkin_thrift.COMPILED),
    Decoder("skywalking_segments", collection_to_otlp),
    Decoder("skywalking_json_segments", segments_json_to_otlp),
    Decoder("skywalking_logs", _skywalking_log, check=check_logs),
    Decoder("skywalking_attached", partial(attached_event_to_otlp, received_ns=1), check=check_logs),
    Decoder("skywalking_json_logs", partial(skywalking_logs_json_to_otlp, received_ns=1), check=check_logs),
)
