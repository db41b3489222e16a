"""What Jaeger's clients send, whichever way it was encoded: spans with typed tags, logs and references."""

from typing import NamedTuple, TypeAlias

TagValue: TypeAlias = str | bytes | bool | int | float | None
CHILD_OF, FOLLOWS_FROM = 0, 1


class Tag(NamedTuple):
    """A tag of a span or a process, or a field of a log."""

    key: str
    value: TagValue


class Reference(NamedTuple):
    """To another span: `kind` is CHILD_OF, FOLLOWS_FROM or what the client wrote instead."""

    kind: int
    trace_id: bytes
    span_id: bytes


class Log(NamedTuple):
    """Something that happened at a time, in nanoseconds since 1970."""

    time_ns: int
    fields: list[Tag]


class Process(NamedTuple):
    """Who sends; an empty service name is none."""

    service_name: str
    tags: list[Tag]


class JaegerSpan(NamedTuple):
    """A span. Ids are as they came: an empty parent means that only the references may say one."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    name: str
    references: list[Reference]
    flags: int
    start_ns: int
    duration_ns: int
    tags: list[Tag]
    logs: list[Log]
    is_incomplete: bool = False
    process_id: str = ""
    warnings: tuple[str, ...] = ()


def as_text(raw: bytes) -> str:
    """A key or a name; bytes in it that aren't UTF-8 are written as their numbers, so that nothing is lost."""
    return raw.decode(errors="backslashreplace")


def as_value(raw: bytes) -> TagValue:
    """The value of a text tag; as Jaeger does, one that isn't UTF-8 is taken for bytes."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
