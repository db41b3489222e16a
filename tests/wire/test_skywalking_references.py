from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.errors import InputTooLarge
from clew.wire.skywalking_attributes import Attributes
from clew.wire.skywalking_ids import span_id_of, trace_id_of
from clew.wire.skywalking_references import add_reference, link_of, reference_type, take_parent
from tests.wire.skywalking_samples import JAVA_SEGMENT, JAVA_TRACE, UUID_TRACE, make_span, plain


def _references(*fields: dict[str, Any]) -> Any:
    given = {"trace_id": JAVA_TRACE, "parent_trace_segment_id": JAVA_SEGMENT, "parent_span_id": 3}
    return make_span(refs=[given | own for own in fields]).refs


def test_the_first_reference_of_the_own_trace_is_the_parent() -> None:
    """A consumer of a batch has a parent in its own trace, whichever message came first."""
    references = _references({"trace_id": UUID_TRACE}, {"parent_span_id": 1}, {"parent_span_id": 2})
    parent, others = take_parent(references, JAVA_TRACE)
    assert parent is not None
    assert parent.parent_span_id == 1
    assert [(other.trace_id, other.parent_span_id) for other in others] == [(UUID_TRACE, 3), (JAVA_TRACE, 2)]


def test_a_reference_without_a_trace_is_one_to_the_own() -> None:
    """The trace may be left out; it can only be the span's."""
    parent, others = take_parent(_references({"trace_id": ""}), JAVA_TRACE)
    assert parent is not None
    assert others == []


@pytest.mark.parametrize("fields", [{"trace_id": UUID_TRACE}, {"parent_trace_segment_id": ""}, {"parent_span_id": -1}])
def test_what_names_no_span_of_the_trace_is_no_parent(fields: dict[str, Any]) -> None:
    """Another trace, no segment, or a number that no span has: it stays a link."""
    parent, others = take_parent(_references(fields), JAVA_TRACE)
    assert parent is None
    assert len(others) == 1


def test_all_that_a_reference_says_is_kept() -> None:
    """Each of its fields is an attribute, of the link or of the span whose parent it names."""
    (reference,) = _references(
        {
            "ref_type": 1,
            "parent_service": "front",
            "parent_service_instance": "front@1",
            "parent_endpoint": "/pay",
            "network_address_used_at_peer": "orders:80",
        }
    )
    said = {
        "sw8.ref_type": "CrossThread",
        "sw8.parent_segment_id": JAVA_SEGMENT,
        "sw8.parent_span_id": 3,
        "sw8.parent_service": "front",
        "sw8.parent_service_instance": "front@1",
        "sw8.parent_endpoint": "/pay",
        "sw8.network_address_used_at_peer": "orders:80",
    }
    attributes = Attributes()
    add_reference(attributes, reference)
    assert plain(Span(attributes=attributes.fields()).attributes) == said
    link = link_of(reference, UUID_TRACE)
    assert plain(link.attributes) == {"sw8.trace_id": JAVA_TRACE} | said
    assert (link.trace_id, link.span_id) == (trace_id_of(JAVA_TRACE), span_id_of(JAVA_SEGMENT, 3))


def test_a_reference_to_no_possible_trace_is_refused() -> None:
    """An id of a megabyte is none, and would be remembered."""
    (reference,) = _references({"trace_id": "x" * 257})
    with pytest.raises(InputTooLarge, match="traceId of a reference has 257 characters"):
        link_of(reference, JAVA_TRACE)


def test_a_type_that_came_later_stays_a_number() -> None:
    """Names for what is known, the number for the rest."""
    assert [reference_type(number) for number in (0, 1, 2, -1)] == ["CrossProcess", "CrossThread", 2, -1]
