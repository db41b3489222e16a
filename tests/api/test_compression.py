import gzip

import httpx
import pytest
import zstandard

from clew.api.compression import choose_encoding
from tests.api.memory_reader import MemoryReader, make_span, make_trace


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0, gzip;q=0.5", "gzip"),
        ("ZSTD; q=0.0", None),
        ("gzip;q=0.001", "gzip"),
    ],
)
def test_the_encoding_is_one_that_the_client_accepts(accepted: str, chosen: str | None) -> None:
    """Zstd before gzip, by Accept-Encoding; a weight of zero is a no."""
    assert choose_encoding(accepted) == chosen


@pytest.mark.parametrize(("encoding", "span_count"), [("gzip", 50), ("zstd", 50), ("gzip", 1000), ("zstd", 1000)])
def test_a_large_trace_is_compressed(
    client: httpx.Client, reader: MemoryReader, encoding: str, span_count: int
) -> None:
    """A trace above 1 KB arrives compressed and says so, whether compressed in the loop or beside it."""
    reader.held[bytes(15) + b"\x09"] = make_trace(9, {"shop": [make_span("work", i + 1) for i in range(span_count)]})
    plain = client.get(f"/api/clew/v1/traces/{9:032x}", headers={"Accept-Encoding": "identity"})
    url = f"/api/clew/v1/traces/{9:032x}"
    with client.stream("GET", url, headers={"Accept-Encoding": encoding}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == encoding
    assert int(answer.headers["content-length"]) == len(raw) < len(plain.content) / 4
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert (gzip.decompress(raw) if encoding == "gzip" else zstandard.decompress(raw)) == plain.content


def test_a_small_answer_stays_plain(client: httpx.Client) -> None:
    """Below 1 KB, compressing costs more than it saves; caches still learn that it could vary."""
    answer = client.get("/api/clew/v1/services", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"


def test_scripts_of_the_ui_are_compressed(client: httpx.Client) -> None:
    """The UI's scripts are compressed like the API's answers."""
    answer = client.get("/assets/index-B2dK9x_a.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == "export default 1;\n" * 200


def test_an_export_is_not_compressed(client: httpx.Client) -> None:
    """The export is a stream; it passes as it is."""
    answer = client.get("/api/clew/v1/export", headers={"Accept-Encoding": "gzip, zstd"})
    assert "content-encoding" not in answer.headers
