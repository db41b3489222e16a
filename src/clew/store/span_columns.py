"""The narrow columns of all spans of one trace: enough to draw the tree, without a Python object for each span."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

UInt64s: TypeAlias = NDArray[np.uint64]
Int64s: TypeAlias = NDArray[np.int64]
Int32s: TypeAlias = NDArray[np.int32]
Float64s: TypeAlias = NDArray[np.float64]
UInt8s: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SpanColumns:
    """Arrays of one length, in any order; element i of each belongs to one span.

    Ids are the number that their 8 bytes are in big-endian order, so that numbers sort as ids do; a parent of 0 is
    none. Times are nanoseconds (Unix, and a length that is negative when the span ends before it starts). `service`
    and `name` are places in `services` and `names`, which are sorted and may have more than is used.
    """

    span_id: UInt64s
    parent_span_id: UInt64s
    start_time_unix_nano: UInt64s
    duration_ns: Int64s
    kind: Int32s
    status_code: UInt8s
    service: Int32s
    name: Int32s
    services: tuple[bytes, ...]
    names: tuple[bytes, ...]

    def __len__(self) -> int:
        """How many spans there are."""
        return len(self.span_id)

    def taken(self, order: Int64s) -> "SpanColumns":
        """The same spans in another order."""
        return SpanColumns(
            self.span_id[order],
            self.parent_span_id[order],
            self.start_time_unix_nano[order],
            self.duration_ns[order],
            self.kind[order],
            self.status_code[order],
            self.service[order],
            self.name[order],
            self.services,
            self.names,
        )

    @property
    def nbytes(self) -> int:
        """Bytes of memory, the texts with about what an object of Python costs."""
        texts = sum(len(text) + 56 for text in (*self.services, *self.names))
        return 41 * len(self) + texts
