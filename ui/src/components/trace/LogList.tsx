import type { Log } from "../../model/logs";
import { formatExact } from "../../model/moment";
import { AttributeTable } from "./AttributeTable";
import { formatOffset } from "./EventList";

interface LogListProps {
  logs: Log[];
  /** Offsets count from here. */
  start_ns: bigint;
  /** Given in the list of the whole trace: leads to the span of a record. */
  onSpan?: (spanId: string) => void;
}

export function LogList({ logs, start_ns, onSpan }: LogListProps) {
  return (
    <ol className="logs">
      {logs.map((log, index) => (
        <li key={index} className={`log ${log.severity}`} data-testid="log-record">
          <details>
            <summary>
              <span className="offset" title={formatExact(log.time_ns)}>
                {formatOffset(log.time_ns - start_ns)}
              </span>
              <span className={`severity ${log.severity}`}>{log.severityText}</span>
              <span className="log-body">{log.body}</span>
            </summary>
            <AttributeTable attributes={log.raw.attributes} />
          </details>
          {onSpan && (
            <p className="log-origin muted small-text">
              {log.service}
              {log.spanId !== "" && (
                <button type="button" className="text-button" onClick={() => onSpan(log.spanId)}>
                  show span
                </button>
              )}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}
