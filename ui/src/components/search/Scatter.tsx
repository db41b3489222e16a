import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { TraceSummary } from "../../api/queries";
import { CANVAS_COLOURS, type Theme } from "../../model/colour";
import { counted } from "../../model/count";
import { formatDuration } from "../../model/duration";
import type { Period } from "../../model/filters";
import { formatAxisMoments, formatClock, formatDate, nsOf } from "../../model/moment";
import { axisRange, logDuration, nearestPoint, pointRadius } from "../../model/scatter";
import { useTheme } from "../theme";
import { useElementSize } from "../useElementSize";

interface ScatterProps {
  traces: TraceSummary[];
  period: Period;
  asked_ms: number;
  /** Older traces fit too, but are not loaded. */
  isPartial: boolean;
  /** The trace pointed at in the list, drawn with a ring. */
  highlighted: string | undefined;
  onHighlight: (traceId: string | undefined) => void;
  onOpen: (traceId: string) => void;
  onZoom: (from_ms: number, to_ms: number) => void;
}

const HEIGHT = 196;

/** Duration (log) over time. Circles are traces without errors, diamonds those with; the area grows with the span count. */
export function Scatter({ traces, period, asked_ms, isPartial, highlighted, onHighlight, onOpen, onZoom }: ScatterProps) {
  const { theme } = useTheme();
  const [box, width] = useElementSize();
  const sorted = useMemo(() => [...traces].sort((a, b) => startOf(a) - startOf(b)), [traces]);
  const plot = useRef<uPlot | null>(null);
  const actions = useRef({ onHighlight, onOpen, onZoom });
  const marked = useRef(highlighted);
  const [hover, setHover] = useState<Hover>();
  useEffect(() => {
    actions.current = { onHighlight, onOpen, onZoom };
    marked.current = highlighted;
    plot.current?.redraw(false);
  }, [onHighlight, onOpen, onZoom, highlighted]);

  useEffect(() => {
    if (!box.current || width === 0) return;
    const report = (next: Hover | undefined) => {
      setHover(next);
      actions.current.onHighlight(next?.trace.trace_id);
    };
    const options = makeOptions({ traces: sorted, period, asked_ms, isPartial, width, theme, marked, report, open: (id) => actions.current.onOpen(id), zoom: (from, to) => actions.current.onZoom(from, to) });
    const data: uPlot.AlignedData = [sorted.map(startOf), sorted.map((trace) => logDuration(trace.duration_ns))];
    plot.current = new uPlot(options, data, box.current);
    return () => {
      plot.current?.destroy();
      plot.current = null;
      setHover(undefined);
    };
  }, [box, sorted, period, asked_ms, isPartial, width, theme]);

  const errors = traces.filter((trace) => trace.error_count > 0).length;
  return (
    <figure className="scatter" data-testid="scatter" data-points={traces.length}>
      <div ref={box} className="scatter-plot" role="img" aria-label={`Duration over time of ${traces.length} traces, ${errors} with errors. The list below has the same traces.`} />
      {hover && <Tooltip hover={hover} width={width} />}
      <figcaption>
        <span>
          <i className="key-circle" /> no errors
        </span>
        <span>
          <i className="key-diamond" /> with errors
        </span>
        <span className="muted">Larger: more spans. Click opens, drag zooms.</span>
      </figcaption>
    </figure>
  );
}

interface Hover {
  trace: TraceSummary;
  x: number;
  y: number;
}

function Tooltip({ hover: { trace, x, y }, width }: { hover: Hover; width: number }) {
  const start_ms = startOf(trace) * 1000;
  return (
    <div className="tooltip" style={{ left: Math.min(x + 14, width - 250), top: Math.max(0, y - 30) }}>
      <strong>{trace.root_service}</strong> {trace.root_name}
      <br />
      {formatDuration(trace.duration_ns)} · {counted(trace.span_count, "span")}
      {trace.error_count > 0 && <span className="error-text"> · {counted(trace.error_count, "error")}</span>}
      <br />
      <span className="muted">
        {formatDate(start_ms)} {formatClock(start_ms, 3)}
      </span>
    </div>
  );
}

/** Seconds, as the plot wants them. */
function startOf(trace: TraceSummary): number {
  return Number(nsOf(trace.start_time_unix_nano) / 1000n) / 1e6;
}

interface PlotInput {
  traces: TraceSummary[];
  period: Period;
  asked_ms: number;
  isPartial: boolean;
  width: number;
  theme: Theme;
  marked: { current: string | undefined };
  report: (hover: Hover | undefined) => void;
  open: (traceId: string) => void;
  zoom: (from_ms: number, to_ms: number) => void;
}

function makeOptions(input: PlotInput): uPlot.Options {
  const { traces, period, asked_ms, isPartial, width, theme } = input;
  const colours = CANVAS_COLOURS[theme];
  const range = axisRange(traces.map(startOf), traces.map((trace) => logDuration(trace.duration_ns)), period, asked_ms, isPartial);
  const font = "11px system-ui, sans-serif";
  const axis = { stroke: colours.text, font, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    scales: { x: { time: true, range: range.x }, y: { range: range.y } },
    series: [{}, { paths: () => null, points: { show: false } }],
    axes: [
      { ...axis, size: 40, gap: 4, space: 100, values: (_, splits, __, ___, step) => formatAxisMoments(splits, step) },
      { ...axis, size: 58, splits: () => range.decades, values: (_, splits) => splits.map((split) => formatDuration(10 ** split)) },
    ],
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    hooks: {
      draw: [(plot) => drawPoints(plot, traces, colours, input.marked.current)],
      ready: [(plot) => followPointer(plot, input)],
      setSelect: [
        (plot) => {
          const { left, width: dragged } = plot.select;
          if (dragged > 4) input.zoom(plot.posToVal(left, "x") * 1000, plot.posToVal(left + dragged, "x") * 1000);
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
    },
  };
}

function drawPoints(plot: uPlot, traces: TraceSummary[], colours: (typeof CANVAS_COLOURS)[Theme], marked: string | undefined): void {
  const { ctx } = plot;
  const scale = window.devicePixelRatio;
  const draw = (trace: TraceSummary, isError: boolean) => {
    const x = plot.valToPos(startOf(trace), "x", true);
    const y = plot.valToPos(logDuration(trace.duration_ns), "y", true);
    const radius = pointRadius(trace.span_count) * scale;
    ctx.beginPath();
    if (isError) {
      ctx.moveTo(x, y - radius * 1.3);
      ctx.lineTo(x + radius * 1.3, y);
      ctx.lineTo(x, y + radius * 1.3);
      ctx.lineTo(x - radius * 1.3, y);
      ctx.closePath();
    } else {
      ctx.arc(x, y, radius, 0, 2 * Math.PI);
    }
    ctx.fillStyle = isError ? colours.error : colours.accent;
    ctx.globalAlpha = isError ? 0.75 : 0.45;
    ctx.fill();
    ctx.globalAlpha = 0.9;
    ctx.lineWidth = (trace.trace_id === marked ? 2.5 : 0.8) * scale;
    ctx.strokeStyle = trace.trace_id === marked ? colours.text : ctx.fillStyle;
    ctx.stroke();
  };
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  for (const trace of traces) if (trace.error_count === 0) draw(trace, false);
  for (const trace of traces) if (trace.error_count > 0) draw(trace, true);
  ctx.restore();
}

/** Finds the trace below the pointer; tells a click from the end of a drag by how far the pointer went. */
function followPointer(plot: uPlot, { traces, report, open }: PlotInput): void {
  const { over } = plot;
  const points = traces.map((trace) => ({ x: plot.valToPos(startOf(trace), "x"), y: plot.valToPos(logDuration(trace.duration_ns), "y") }));
  let found: number | undefined;
  let pressedAt: number | undefined;
  over.addEventListener("mousemove", (event) => {
    const next = nearestPoint(points, event.offsetX, event.offsetY, 14);
    over.style.cursor = next === undefined ? "crosshair" : "pointer";
    if (next === found) return;
    found = next;
    report(next === undefined ? undefined : { trace: traces[next], x: points[next].x + over.offsetLeft, y: points[next].y + over.offsetTop });
  });
  over.addEventListener("mouseleave", () => {
    found = undefined;
    report(undefined);
  });
  over.addEventListener("mousedown", (event) => (pressedAt = event.clientX));
  over.addEventListener("mouseup", (event) => {
    if (found !== undefined && pressedAt !== undefined && Math.abs(event.clientX - pressedAt) < 4) open(traces[found].trace_id);
  });
}
