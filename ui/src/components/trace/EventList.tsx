import { formatExactDuration } from "../../model/duration";
import { nsOf } from "../../model/moment";
import type { OtlpEvent } from "../../model/otlp";
import { findAttribute } from "../../model/value";
import { CopyButton } from "../CopyButton";
import { AttributeTable } from "./AttributeTable";

const EXCEPTION_KEYS = ["exception.type", "exception.message", "exception.stacktrace"];

export function EventList({ events, start_ns }: { events: OtlpEvent[]; start_ns: bigint }) {
  return (
    <ol className="events">
      {events.map((event, index) => (
        <li key={index} className="event">
          <span className="offset" title="After the start of the span">
            {formatOffset(nsOf(event.timeUnixNano) - start_ns)}
          </span>
          {event.name === "exception" ? <Exception event={event} /> : <PlainEvent event={event} />}
        </li>
      ))}
    </ol>
  );
}

export function formatOffset(offset_ns: bigint): string {
  const text = formatExactDuration(Number(offset_ns));
  return offset_ns < 0n ? text.replace("-", "−") : `+${text}`;
}

function PlainEvent({ event }: { event: OtlpEvent }) {
  return (
    <div className="event-body">
      <strong>{event.name || "(no name)"}</strong>
      <AttributeTable attributes={event.attributes} dropped={event.droppedAttributesCount} />
    </div>
  );
}

function Exception({ event }: { event: OtlpEvent }) {
  const [type, message, stack] = EXCEPTION_KEYS.map((key) => findAttribute(event.attributes, key));
  const others = (event.attributes ?? []).filter(({ key }) => !EXCEPTION_KEYS.includes(key));
  return (
    <div className="event-body exception">
      <strong className="error-text">{type ?? "exception"}</strong>
      {message && <p className="exception-message">{message}</p>}
      {stack && (
        <details>
          <summary>
            Stack trace <span className="muted">{stack.trimEnd().split("\n").length} lines</span>
          </summary>
          <div className="stack">
            <CopyButton text={() => stack} label="Copy the stack trace" />
            <pre>{stack}</pre>
          </div>
        </details>
      )}
      <AttributeTable attributes={others} dropped={event.droppedAttributesCount} />
    </div>
  );
}
