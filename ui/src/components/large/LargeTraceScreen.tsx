import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { spanQuery, type TraceOverview } from "../../api/windows";
import { clampView, fullView, isFull, type View, zoomAround } from "../../model/axis";
import { formatDuration } from "../../model/duration";
import { findFilter, type TreeRow } from "../../model/lazyTree";
import { formatClock, formatDate, formatExact, msOf, nsOf } from "../../model/moment";
import { shortName } from "../../model/names";
import { readSpan } from "../../model/readSpan";
import { CopyButton } from "../CopyButton";
import { Icon } from "../Icon";
import { useKeys } from "../keys";
import { Loading } from "../Notice";
import { ServiceDot } from "../ServiceChip";
import { useServiceColours } from "../serviceColours";
import { Splitter, useWidth } from "../Splitter";
import { SpanDetail } from "../trace/SpanDetail";
import { DensityStrip } from "./DensityStrip";
import { LargeWaterfall } from "./LargeWaterfall";
import { useHits } from "./useHits";
import { useLargeTrace } from "./useLargeTrace";

const MOST_SERVICES = 10;
const FAILED = new URLSearchParams({ status: "error" });

interface LargeTraceScreenProps {
  traceId: string;
  overview: TraceOverview;
  selectedRef: string | undefined;
  onSelect: (ref: string | undefined) => void;
  onReload: () => void;
  isReloading: boolean;
}

/** A trace too large to be read whole: closed at first, read as it is opened, searched on the server. */
export function LargeTraceScreen({ traceId, overview, selectedRef, onSelect, onReload, isReloading }: LargeTraceScreenProps) {
  const state = useLargeTrace(traceId, overview);
  const [view, setView] = useState<View>(() => fullView(overview.duration_ns));
  const [typed, setTyped] = useState("");
  const filter = useMemo(() => findFilter(typed), [typed]);
  const hits = useHits(traceId, filter);
  const errors = useHits(traceId, overview.error_count > 0 ? FAILED : undefined);
  const [panelWidth, setPanelWidth] = useWidth("detail", 440, 280, 1000);
  const searchBox = useRef<HTMLInputElement>(null);
  const colourOf = useServiceColours(useMemo(() => overview.services.map((service) => service.name), [overview]));
  const origin_ns = nsOf(overview.start_time_unix_nano);
  const detail = useQuery(spanQuery(traceId, selectedRef));
  const selected = useMemo(() => detail.data && readSpan(traceId, detail.data.otlp, origin_ns), [detail.data, traceId, origin_ns]);
  const { goTo } = state;
  const startAt = useRef(selectedRef);
  useEffect(() => {
    if (startAt.current) void goTo(startAt.current);
  }, [goTo]);

  const open = (span: TreeRow | undefined) => {
    if (!span) return;
    state.setCursor(span);
    onSelect(span.ref);
  };
  const visit = async (hit: Promise<TreeRow | undefined>) => {
    const span = await hit;
    const drawn = span && (await goTo(span.ref));
    if (drawn && selectedRef) onSelect(drawn.ref);
  };
  const changeView = (next: View) => setView(clampView(next, overview.duration_ns));
  const resetView = () => setView(fullView(overview.duration_ns));
  const zoom = (factor: number) => setView((old) => zoomAround(old, (old.from_ns + old.to_ns) / 2, factor, overview.duration_ns));
  const move = (by: number) => {
    const span = state.step(by);
    if (span && selectedRef) onSelect(span.ref);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(20),
    PageUp: () => move(-20),
    Home: () => move(-Infinity),
    ArrowLeft: () => state.cursor && (state.isOpen(state.cursor) ? state.toggle(state.cursor) : state.cursor.parent_ref && void goTo(state.cursor.parent_ref)),
    ArrowRight: () => state.cursor && (state.isOpen(state.cursor) ? move(1) : state.toggle(state.cursor)),
    Enter: () => open(state.cursor),
    Escape: () => onSelect(undefined),
    n: () => void visit(hits.step(1)),
    N: () => void visit(hits.step(-1)),
    e: () => void visit(errors.step(1)),
    E: () => void visit(errors.step(-1)),
    c: state.closeAll,
    "0": resetView,
    "+": () => zoom(0.6),
    "-": () => zoom(1 / 0.6),
    "/": () => searchBox.current?.select(),
  });
  const failure = state.failure ?? hits.failure;
  const said = filter === undefined || !hits.isRead ? "" : hits.total === 0 ? "no match" : hits.place >= 0 ? `${(hits.place + 1).toLocaleString("en")} of ${hits.total.toLocaleString("en")}` : `${hits.total.toLocaleString("en")} found`;
  return (
    <div className="trace-page" data-testid="large-trace">
      <Header traceId={traceId} overview={overview} origin_ns={origin_ns} colour={colourOf(overview.first.service)} onReload={onReload} isReloading={isReloading} />
      <div className="shares" role="group" aria-label="Services by their spans">
        {[...overview.services].sort((a, b) => b.span_count - a.span_count).slice(0, MOST_SERVICES).map(({ name, span_count, error_count }) => (
          <button type="button" key={name} className="share" title={`${span_count.toLocaleString("en")} spans, ${error_count.toLocaleString("en")} errors\nClick to find its spans`} onClick={() => setTyped(name)}>
            <ServiceDot colour={colourOf(name)} /> {name} <span className="muted">{span_count.toLocaleString("en")}</span>
            {error_count > 0 && <span className="error-text"><Icon name="error" size={11} /><span className="sr-only">with errors</span></span>}
          </button>
        ))}
        {overview.services.length > MOST_SERVICES && <span className="muted">and {overview.services.length - MOST_SERVICES} more</span>}
      </div>
      <DensityStrip traceId={traceId} length_ns={overview.duration_ns} view={view} onView={changeView} onReset={resetView} />
      <div className="toolbar" role="toolbar" aria-label="Trace view">
        <div className="find">
          <Icon name="search" />
          <input
            ref={searchBox}
            data-testid="span-search"
            className="input"
            placeholder="Find in trace: name, service, key=value, id"
            aria-label="Find in this trace"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") void visit(hits.step(event.shiftKey ? -1 : 1));
              if (event.key === "Escape") {
                if (typed) setTyped("");
                else event.currentTarget.blur();
              }
            }}
          />
          <span className="find-count" aria-live="polite" data-testid="find-count">
            {said}
          </span>
          <button type="button" className="icon-button small" aria-label="Previous match" title="Previous match (N)" disabled={hits.total === 0} onClick={() => void visit(hits.step(-1))}>
            <Icon name="up" />
          </button>
          <button type="button" className="icon-button small" aria-label="Next match" title="Next match (n)" disabled={hits.total === 0} onClick={() => void visit(hits.step(1))}>
            <Icon name="down" />
          </button>
        </div>
        {overview.error_count > 0 && (
          <button type="button" className="button danger" data-testid="next-error" title="Next error (e)" onClick={() => void visit(errors.step(1))}>
            <Icon name="error" /> Next error
          </button>
        )}
        <span className="muted">Large trace: read as you open it</span>
        <span className="toolbar-gap" />
        {!isFull(view, overview.duration_ns) && (
          <button type="button" className="button" title="Whole trace (0)" data-testid="zoom-reset" onClick={resetView}>
            <Icon name="close" size={11} /> Zoom
          </button>
        )}
        <div className="segments" role="group" aria-label="Tree">
          <button type="button" title="Close all (c)" data-testid="collapse-all" onClick={state.closeAll}>
            Close all
          </button>
        </div>
      </div>
      {failure && (
        <p className="banner" role="alert">
          {failure.message}
        </p>
      )}
      <div className={selectedRef ? "trace-body with-panel" : "trace-body"} style={{ "--panel": `${panelWidth}px` } as React.CSSProperties}>
        <LargeWaterfall state={state} origin_ns={origin_ns} view={view} selectedRef={selectedRef} colourOf={colourOf} onView={changeView} onReset={resetView} onOpen={open} />
        {selectedRef && (
          <div className="panel">
            <Splitter label="Width of the details" width={panelWidth} onWidth={setPanelWidth} side="right" />
            {selected ? (
              <SpanDetail key={selectedRef} trace={selected} span={selected.spans[0]} logs={detail.data!.logs} logsError={null} colour={colourOf(selected.spans[0].service)} onClose={() => onSelect(undefined)} />
            ) : detail.error ? (
              <p className="banner" role="alert">
                {detail.error.message}
              </p>
            ) : (
              <Loading what="Reading the span…" />
            )}
          </div>
        )}
      </div>
    </div>
  );
}

interface HeaderProps {
  traceId: string;
  overview: TraceOverview;
  origin_ns: bigint;
  colour: string;
  onReload: () => void;
  isReloading: boolean;
}

function Header({ traceId, overview, origin_ns, colour, onReload, isReloading }: HeaderProps) {
  const { first } = overview;
  const start_ms = msOf(origin_ns);
  const facts: [name: string, value: string, title?: string][] = [
    ["Start", `${formatDate(start_ms)} ${formatClock(start_ms, 3)}`, formatExact(origin_ns)],
    ["Duration", formatDuration(overview.duration_ns)],
    ["Spans", overview.span_count.toLocaleString("en")],
    ["Services", String(overview.services.length)],
    ["Errors", overview.error_count.toLocaleString("en")],
    ["Depth", String(overview.depth)],
  ];
  if (overview.root_count !== 1) facts.push(["Roots", overview.root_count.toLocaleString("en")]);
  if (overview.orphan_count > 0) facts.push(["Orphans", overview.orphan_count.toLocaleString("en"), "Spans whose parent was not received (yet)"]);
  return (
    <header className="trace-header">
      <div className="trace-title">
        <h1 title={`${first.service} ${first.name}`}>
          <ServiceDot colour={colour} /> <span className="trace-service">{first.service}</span> {shortName(first.name) || "(no name)"}
        </h1>
        <p className="trace-id mono">
          {traceId}
          <CopyButton text={() => traceId} label="Copy the trace id" />
        </p>
      </div>
      <dl className="facts">
        {facts.map(([name, value, title]) => (
          <div key={name} title={title}>
            <dt>{name}</dt>
            <dd className={name === "Errors" && overview.error_count > 0 ? "error-text" : undefined}>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="trace-actions">
        <CopyButton wide icon="link" label="Copy link" testId="copy-link" text={() => window.location.href} />
        <button type="button" className="icon-button" aria-label="Load again" title="Load again: spans may have come since" onClick={onReload} aria-busy={isReloading}>
          <Icon name="reload" />
        </button>
      </div>
    </header>
  );
}
