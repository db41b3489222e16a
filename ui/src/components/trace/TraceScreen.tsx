import { useMemo, useRef, useState } from "react";
import { type Log, logsBySpan } from "../../model/logs";
import { findSpan, spanRef, type Trace } from "../../model/trace";
import type { ColourOf } from "../serviceColours";
import { Splitter, useWidth } from "../Splitter";
import { LogPanel } from "./LogPanel";
import { Minimap } from "./Minimap";
import { ServiceShares } from "./ServiceShares";
import { SpanDetail } from "./SpanDetail";
import { TraceHeader } from "./TraceHeader";
import { TraceToolbar } from "./TraceToolbar";
import { useTraceKeys } from "./useTraceKeys";
import { useTraceView } from "./useTraceView";
import { Waterfall } from "./Waterfall";

interface TraceScreenProps {
  trace: Trace;
  read_ms: number;
  logs: Log[] | undefined;
  logsError: Error | null;
  /** The span that the address names, whose details are open. */
  selectedRef: string | undefined;
  colourOf: ColourOf;
  onSelect: (ref: string | undefined) => void;
  onReload: () => void;
  isReloading: boolean;
}

const NO_LOGS: Log[] = [];

export function TraceScreen({ trace, read_ms, logs = NO_LOGS, logsError, selectedRef, colourOf, onSelect, onReload, isReloading }: TraceScreenProps) {
  const selected = useMemo(() => (selectedRef ? findSpan(trace, selectedRef) : undefined), [trace, selectedRef]);
  const state = useTraceView(trace, selected?.node);
  const [areLogsOpen, setLogsOpen] = useState(false);
  const [panelWidth, setPanelWidth] = useWidth("detail", 440, 280, 1000);
  const searchBox = useRef<HTMLInputElement>(null);
  const bySpan = useMemo(() => logsBySpan(logs), [logs]);
  const hasPanel = selected !== undefined || areLogsOpen;

  const open = (node: number | undefined) => {
    if (node === undefined) return;
    state.goTo(node);
    if (node >= trace.spans.length) return;
    setLogsOpen(false);
    onSelect(spanRef(trace, node));
  };
  /** The cursor moved: open details follow it, closed ones stay closed. */
  const moved = (node: number | undefined) => {
    if (selected && node !== undefined && node < trace.spans.length) onSelect(spanRef(trace, node));
  };
  const close = () => {
    setLogsOpen(false);
    onSelect(undefined);
  };
  useTraceKeys({ trace, state, open, moved, close, focusSearch: () => searchBox.current?.select() });

  return (
    <div className="trace-page">
      <TraceHeader
        trace={trace}
        read_ms={read_ms}
        logCount={logs.length}
        areLogsOpen={areLogsOpen && !selected}
        colourOf={colourOf}
        onLogs={() => {
          setLogsOpen(!areLogsOpen || selected !== undefined);
          onSelect(undefined);
        }}
        onErrors={() => moved(state.goToError(1))}
        onReload={onReload}
        isReloading={isReloading}
      />
      <ServiceShares trace={trace} colourOf={colourOf} onFind={state.setQuery} />
      <Minimap trace={trace} view={state.view} colourOf={colourOf} onView={state.setView} onReset={state.resetView} />
      <TraceToolbar trace={trace} state={state} searchBox={searchBox} onJump={moved} />
      {selectedRef && !selected && (
        <p className="banner" role="alert">
          The span <span className="mono">{selectedRef}</span> is not in this trace (yet).
        </p>
      )}
      <div className={hasPanel ? "trace-body with-panel" : "trace-body"} style={{ "--panel": `${panelWidth}px` } as React.CSSProperties}>
        <Waterfall trace={trace} state={state} selected={selected?.node} logsOf={bySpan} colourOf={colourOf} onOpen={open} />
        {hasPanel && (
          <div className="panel">
            <Splitter label="Width of the details" width={panelWidth} onWidth={setPanelWidth} side="right" />
            {selected ? (
              <SpanDetail key={selected.node} trace={trace} span={selected} logs={bySpan.get(selected.spanId) ?? NO_LOGS} logsError={logsError} colour={colourOf(selected.service)} onClose={close} />
            ) : (
              <LogPanel trace={trace} logs={logs} onSpan={(spanId) => open(findSpan(trace, spanId)?.node)} onClose={close} />
            )}
          </div>
        )}
      </div>
    </div>
  );
}
