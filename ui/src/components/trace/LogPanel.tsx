import type { Log } from "../../model/logs";
import type { Trace } from "../../model/trace";
import { Icon } from "../Icon";
import { LogList } from "./LogList";

/** All logs of a trace in time, with those that belong to no span. */
export function LogPanel({ trace, logs, onSpan, onClose }: { trace: Trace; logs: Log[]; onSpan: (spanId: string) => void; onClose: () => void }) {
  return (
    <aside className="detail" data-testid="log-panel" aria-label="Logs of this trace">
      <header className="detail-head">
        <h2>Logs of this trace</h2>
        <button type="button" className="icon-button" aria-label="Close logs" title="Close (Esc)" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <LogList logs={logs} start_ns={trace.origin_ns} onSpan={onSpan} />
    </aside>
  );
}
