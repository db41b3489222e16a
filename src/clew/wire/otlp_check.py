"""Is this an OTLP request that Clew can keep? Its syntax and, per span or log record, the ids and the attribute count.

The cost decides the design: no span is turned into values; a good request leaves as the very bytes that came in; only
a request with something to refuse is written anew. Nearly every request is good and in canonical form, which the
compiled scan sees in a tenth of the time (otlp_scan.py). All others, and all where it isn't compiled, are parsed by upb
here (0.9 us per span, of which upb's parse is 0.3); this decides what is refused and what is rewritten.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError, EncodeError

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.compiled_library import Found
from clew.wire.otlp_pieces import MAX_FIELDS, PIECE_BYTES, REQUEST, PieceWalk
from clew.wire.otlp_signals import LOGS, TRACES, Signal


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """What one request may ask of the store.

    `attributes` and `record_bytes` (encoded): on one span, log record, resource or scope.
    `one_record_attributes`, `one_record_bytes`: the same for a span or log record only, where less is allowed to a
    sender than to others; None is no such limit. What is over it is left out alone.
    `records`, `groups`: spans or log records, and their resource and scope groups, in the whole request.
    `items`: attributes, events and links together in the whole request; empty ones take two bytes on the wire and
    thirty times as much in the store.
    `refused_records`: with so many bad ones the whole request is refused. Small groups and small bad records cost
    more CPU time than good records do, and they compress to nothing.
    `repeated_bytes`: the store keeps resource and scope with each of their records, so that a large resource
    multiplies; this bounds the sum over all groups of (resource + scope bytes) times records.
    """

    attributes: int = 10_000
    records: int = 1_000_000
    items: int = 2_000_000
    groups: int = 200_000
    refused_records: int = 100_000
    record_bytes: int = 4 * 2**20
    repeated_bytes: int = 512 * 2**20
    one_record_attributes: int | None = None
    one_record_bytes: int | None = None

    @property
    def record_attributes(self) -> int:
        """Attributes of one span or log record."""
        return min(self.attributes, self.one_record_attributes or self.attributes)


DEFAULT_LIMITS = CheckLimits()


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """OTLP bytes fit for the journal: `span_count` spans (or log records) are in `payload`, `rejected` were left out.

    `payload` is empty when there is nothing to keep. `reason` is empty when nothing was rejected, else a sentence for
    the client's partial_success.
    """

    payload: bytes
    span_count: int
    rejected: int
    reason: str


def check_traces(body: bytes, limits: CheckLimits = DEFAULT_LIMITS) -> CheckedRequest:
    """Check an encoded ExportTraceServiceRequest.

    Raises MalformedInput when it isn't one, InputTooLarge when a resource or the whole goes over `limits`.
    """
    return _check(TRACES, body, limits)


def check_logs(body: bytes, limits: CheckLimits = DEFAULT_LIMITS) -> CheckedRequest:
    """The same for an ExportLogsServiceRequest, whose records may have empty ids."""
    return _check(LOGS, body, limits)


def _check(signal: Signal, body: bytes, limits: CheckLimits) -> CheckedRequest:
    found = signal.scan_table.scan(body)
    if found is None or not _is_within(found, limits, len(body)):
        return check_by_parsing(signal, body, limits)
    return CheckedRequest(body if found.records else b"", found.records, 0, "")


def check_by_parsing(signal: Signal, body: bytes, limits: CheckLimits = DEFAULT_LIMITS) -> CheckedRequest:
    """The check without the compiled scan: it decides what is refused and what is rewritten."""
    return _Check(signal, limits).run(body)


def _is_within(found: Found, limits: CheckLimits, body_bytes: int) -> bool:
    """False when the parser's check might refuse the request.

    In pieces it counts a scope group once in each of them, of which two together have more than PIECE_BYTES, and the
    bytes of a resource or scope up to twice.
    """
    return (
        found.records <= limits.records
        and found.groups + 4 * (body_bytes // PIECE_BYTES) <= limits.groups
        and found.items <= limits.items
        and found.most_attributes <= limits.record_attributes
        and 2 * found.repeated_bytes <= limits.repeated_bytes
        and found.outer_fields <= MAX_FIELDS
        and found.largest_bytes <= min(limits.record_bytes, limits.one_record_bytes or limits.record_bytes)
    )


def canonical_traces(payload: bytes) -> bytes:
    """The same spans as a strict reader wants them: each field once, in order, known fields only.

    For a payload that upb reads and another reader refuses; slow (0.7 us per span). Raises MalformedInput.
    """
    return _canonical(TRACES, payload)


def canonical_logs(payload: bytes) -> bytes:
    """The same for log records."""
    return _canonical(LOGS, payload)


def _canonical(signal: Signal, payload: bytes) -> bytes:
    message = _parse(signal, payload, REQUEST)
    message.DiscardUnknownFields()
    canonical: bytes = message.SerializeToString(deterministic=True)
    return canonical


def _parse(signal: Signal, encoded: bytes, level: int) -> Any:
    try:
        return signal.messages[level].FromString(encoded)
    except (DecodeError, RecursionError) as error:
        raise MalformedInput(f"the body is no {signal.messages[0].__name__} in protobuf: {error}") from error


@dataclass(slots=True)
class _Check:
    """The check of one request: what it has found so far; a PieceVisitor when the request is large."""

    signal: Signal
    limits: CheckLimits
    accepted: int = 0
    groups: int = 0
    repeated_bytes: int = 0
    items: int = 0
    may_have_many_items: bool = False
    is_rewritten: bool = False
    refused: Counter[str] = field(default_factory=Counter)

    def run(self, body: bytes) -> CheckedRequest:
        self.may_have_many_items = len(body) > 2 * self.limits.items
        if len(body) <= PIECE_BYTES:
            payload = self.clean_piece(body, REQUEST)
        else:
            payload = self._clean_large(body)
        rejected = self.refused.total()
        reason = "; ".join(f"{count} refused: {why}" for why, count in self.refused.most_common())
        return CheckedRequest(payload if self.accepted else b"", self.accepted, rejected, reason)

    def _clean_large(self, body: bytes) -> bytes:
        cleaned = PieceWalk(body, self, self.limits.record_bytes).clean()
        return cleaned if self.refused or self.is_rewritten else body

    def refuse_record(self) -> None:
        self.refused[f"one {self.signal.record_name} has more than {self.limits.record_bytes} bytes"] += 1

    def open_group(self) -> int:
        return self.accepted

    def close_group(self, own_bytes: int, opened: int) -> None:
        self._add_repeated(own_bytes * (self.accepted - opened))

    def clean_piece(self, encoded: bytes, level: int) -> bytes:
        """The very same bytes when all of them are good, else what is left of them."""
        message = _parse(self.signal, encoded, level)
        records_of = self.signal.records_of
        groups = [records_of(scope) for scope in self.signal.scopes(message, level)]
        limit = self.limits.record_attributes
        if len(encoded) > 2 * self.limits.attributes:  # each has at least two bytes: in less there can't be too many
            self._check_parents(message, level)
        may_be_many = self._may_have_many_attributes(encoded)
        count = sum(map(len, groups))
        self.accepted += count
        self._count_groups(len(groups) + (len(self.signal.groups(message, level)) if level == REQUEST else 0))
        are_good = all(self.signal.are_good(group, limit if may_be_many else None) for group in groups)
        if not are_good or self._has_large_record(groups, len(encoded)):
            encoded = self._without_bad_records(message, level)
        else:
            encoded = self._canonical(message, encoded)
        if self.may_have_many_items:
            self._count_items(groups)
        if len(encoded) * self.accepted > self.limits.repeated_bytes:
            self._add_repeated_in(message, level)
        return encoded

    def _count_groups(self, count: int) -> None:
        self.groups += count
        if self.groups > self.limits.groups:
            raise InputTooLarge(f"more than {self.limits.groups} groups in one request; send smaller batches")
        if self.accepted + self.refused.total() > self.limits.records:
            raise InputTooLarge(f"more than {self.limits.records} records in one request; send smaller batches")

    def _canonical(self, message: Any, encoded: bytes) -> bytes:
        """The bytes as upb writes them: known fields only, each once, in the order of the numbers.

        Protobuf says what other forms mean, but the engine reads some of them as empty, takes a field of a known number
        and another type for the known one, and the store takes two attributes for equal when their bytes are.
        """
        message.DiscardUnknownFields()
        try:
            written: bytes = message.SerializeToString()
        except EncodeError as error:  # nested to upb's limit: read, but not written again
            raise MalformedInput(f"the body is nested too deeply to be stored; nest values less: {error}") from error
        if written == encoded:
            return encoded
        self.is_rewritten = True
        return written

    def _count_items(self, groups: list[Any]) -> None:
        self.items += sum(map(self.signal.items_of, groups))
        if self.items > self.limits.items:
            raise InputTooLarge(
                f"more than {self.limits.items} attributes, events and links in one request; send smaller batches"
            )

    def _may_have_many_attributes(self, encoded: bytes) -> bool:
        """False only if no record can be over the limit: counting a byte costs half of asking every record."""
        limit = self.limits.record_attributes
        if len(encoded) <= 2 * limit:
            return False
        return len(encoded) > 40 * limit or encoded.count(self.signal.attribute_tag) > limit

    def _has_large_record(self, groups: list[Any], encoded_bytes: int) -> bool:
        limit = self.limits.one_record_bytes
        if limit is None or encoded_bytes <= limit:
            return False
        return any(record.ByteSize() > limit for group in groups for record in group)

    def _fault(self, record: Any) -> str:
        limit = self.limits.one_record_bytes
        if limit is not None and record.ByteSize() > limit:
            return f"one {self.signal.record_name} has more than {limit} bytes"
        return self.signal.fault(record, self.limits.record_attributes)

    def _check_parents(self, message: Any, level: int) -> None:
        limit = self.limits.attributes
        for parent in self.signal.parents(message, level):
            if len(parent.attributes) > limit:
                count = len(parent.attributes)
                raise InputTooLarge(f"a resource or scope has {count} attributes; the limit is {limit}")

    def _without_bad_records(self, message: Any, level: int) -> bytes:
        for scope in self.signal.scopes(message, level):
            records = self.signal.records_of(scope)
            faults = [self._fault(record) for record in records]
            if any(faults):
                kept = [record for record, fault in zip(records, faults, strict=True) if not fault]
                self.refused.update(fault for fault in faults if fault)
                self.accepted -= len(records) - len(kept)
                self._refuse_hopeless()
                del records[:]
                records.extend(kept)
        self.signal.drop_empty_groups(message, level)
        message.DiscardUnknownFields()  # as in _canonical
        try:
            encoded: bytes = message.SerializeToString()
        except EncodeError as error:  # nested to upb's limit: read, but not written again
            raise MalformedInput(f"the body can't be written again without its bad records: {error}") from error
        return encoded

    def _refuse_hopeless(self) -> None:
        if self.refused.total() >= self.limits.refused_records:
            worst = self.refused.most_common(1)[0][0]
            raise MalformedInput(f"{self.limits.refused_records} records or more are wrong, most of them: {worst}")

    def _add_repeated_in(self, message: Any, level: int) -> None:
        for own_bytes, count in self.signal.repeats(message, level):
            self._add_repeated(own_bytes * count)

    def _add_repeated(self, added_bytes: int) -> None:
        self.repeated_bytes += added_bytes
        if self.repeated_bytes > self.limits.repeated_bytes:
            raise InputTooLarge(
                "a large resource or scope with so many records would take more than "
                f"{self.limits.repeated_bytes} bytes in the store; send fewer records at once, or less in the resource"
            )
