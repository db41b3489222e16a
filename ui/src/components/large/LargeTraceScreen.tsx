import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { spanQuery, type TraceOverview } from "../../api/windows";
import { clampView, fullView, isFull, type View, zoomAround } from "../../model/axis";
import { findFilter, type TreeRow } from "../../model/lazyTree";
import { nsOf } from "../../model/moment";
import { readSpan } from "../../model/readSpan";
import { useKeys } from "../keys";
import { Loading } from "../Notice";
import { useServiceColours } from "../serviceColours";
import { Splitter, useWidth } from "../Splitter";
import { SpanDetail } from "../trace/SpanDetail";
import { DensityStrip } from "./DensityStrip";
import { LargeHeader } from "./LargeHeader";
import { LargeServices } from "./LargeServices";
import { LargeToolbar } from "./LargeToolbar";
import { LargeWaterfall } from "./LargeWaterfall";
import { useHits } from "./useHits";
import { useLargeTrace } from "./useLargeTrace";

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
  return (
    <div className="trace-page" data-testid="large-trace">
      <LargeHeader traceId={traceId} overview={overview} origin_ns={origin_ns} colour={colourOf(overview.first.service)} onReload={onReload} isReloading={isReloading} />
      <LargeServices services={overview.services} colourOf={colourOf} onFind={setTyped} />
      <DensityStrip traceId={traceId} length_ns={overview.duration_ns} view={view} onView={changeView} onReset={resetView} />
      <LargeToolbar
        typed={typed}
        hits={filter === undefined ? undefined : hits}
        searchBox={searchBox}
        hasErrors={overview.error_count > 0}
        isZoomed={!isFull(view, overview.duration_ns)}
        onType={setTyped}
        onStep={(by) => void visit(hits.step(by))}
        onError={() => void visit(errors.step(1))}
        onReset={resetView}
        onCloseAll={state.closeAll}
      />
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
