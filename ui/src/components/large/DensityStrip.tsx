import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { densityQuery } from "../../api/windows";
import { isFull, type View } from "../../model/axis";
import { CANVAS_COLOURS } from "../../model/colour";
import { useTheme } from "../theme";
import { TimeDrag } from "../trace/TimeDrag";
import { useElementSize } from "../useElementSize";

const INTERVALS = 500;

interface DensityStripProps {
  traceId: string;
  length_ns: number;
  view: View;
  onView: (view: View) => void;
  onReset: () => void;
}

/** How many spans are under way at each moment of the trace, errors above. Dragging in it chooses what the rows show. */
export function DensityStrip({ traceId, length_ns, view, onView, onReset }: DensityStripProps) {
  const [box, width, height] = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const { theme } = useTheme();
  const { data } = useQuery(densityQuery(traceId, INTERVALS));
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || width === 0 || !data) return;
    const scale = window.devicePixelRatio;
    canvas.current.width = width * scale;
    canvas.current.height = height * scale;
    context.scale(scale, scale);
    // By its square root: one busy moment must not flatten all others.
    const most = Math.sqrt(Math.max(1, ...data.spans));
    const step = width / data.spans.length;
    data.spans.forEach((count, place) => {
      const bar = Math.max(count > 0 ? 1 : 0, (Math.sqrt(count) / most) * (height - 4));
      context.fillStyle = "#7a8fd0";
      context.fillRect(place * step, height - bar, Math.max(1, step), bar);
    });
    context.fillStyle = CANVAS_COLOURS[theme].error;
    data.errors.forEach((count, place) => count > 0 && context.fillRect(place * step, 0, Math.max(2, step), 4));
  }, [data, width, height, theme]);

  const whole = Math.max(length_ns, 1);
  const from = (100 * view.from_ns) / whole;
  const to = (100 * view.to_ns) / whole;
  return (
    <div ref={box} className="minimap" data-testid="density-strip" title="Spans under way, errors on top">
      <canvas ref={canvas} style={{ width, height }} aria-hidden="true" />
      {!isFull(view, length_ns) && (
        <>
          <div className="minimap-shade" style={{ left: 0, width: `${from}%` }} />
          <div className="minimap-shade" style={{ left: `${to}%`, right: 0 }} />
          <div className="minimap-window" style={{ left: `${from}%`, width: `${to - from}%` }} />
        </>
      )}
      <TimeDrag view={{ from_ns: 0, to_ns: whole }} onView={onView} onReset={onReset} />
    </div>
  );
}
