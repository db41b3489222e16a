import pytest

from clew.errors import InputTooLarge, MalformedInput
from clew.receive.intake import LOGS, TRACES
from clew.receive.kafka_encodings import ENCODINGS, RecordReader
from tests.receive.kafka_samples import SAMPLES
from tests.receive.kafka_traces import entrance, memory


def test_every_encoding_has_a_sample() -> None:
    """No encoding goes untested."""
    assert SAMPLES.keys() == ENCODINGS.keys()


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_a_record_becomes_otlp(encoding: str) -> None:
    """Each encoding gives the request that it stands for, for the right signal."""
    value, expected = SAMPLES[encoding]
    with memory() as intake, entrance(intake) as opened:
        reader = RecordReader(encoding, opened)
        assert reader.signal == (LOGS if "logs" in encoding else TRACES)
        assert reader.read(value).payload == expected != b""


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_anything_else_is_refused(encoding: str) -> None:
    """Bytes that aren't what the topic is said to hold are MalformedInput."""
    with memory() as intake, entrance(intake) as opened, pytest.raises(MalformedInput):
        RecordReader(encoding, opened).read(b"\xff\x00 neither")


@pytest.mark.parametrize(
    ("encoding", "settings"),
    [("otlp_proto", {"max_inflated_bytes": 10}), ("otlp_json", {"max_json_bytes": 10})],
)
def test_a_large_record_is_refused(encoding: str, settings: dict[str, int]) -> None:
    """The limits of the other doors hold here, too."""
    with memory() as intake, entrance(intake, **settings) as opened, pytest.raises(InputTooLarge):
        RecordReader(encoding, opened).read(SAMPLES[encoding][0])
