import { useEffect, useRef } from "react";
import { isFull, type View } from "../../model/axis";
import { CANVAS_COLOURS } from "../../model/colour";
import { errorBars, minimapBars } from "../../model/minimap";
import type { Trace } from "../../model/trace";
import type { ColourOf } from "../serviceColours";
import { useTheme } from "../theme";
import { useElementSize } from "../useElementSize";
import { TimeDrag } from "./TimeDrag";

interface MinimapProps {
  trace: Trace;
  view: View;
  colourOf: ColourOf;
  onView: (view: View) => void;
  onReset: () => void;
}

/** The whole trace in a strip. Dragging in it chooses what the rows below show. */
export function Minimap({ trace, view, colourOf, onView, onReset }: MinimapProps) {
  const [box, width, height] = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const { theme } = useTheme();
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || width === 0) return;
    const scale = window.devicePixelRatio;
    canvas.current.width = width * scale;
    canvas.current.height = height * scale;
    context.scale(scale, scale);
    const bars = minimapBars(trace, width, height);
    for (const { x, y, width: length, height: thickness, node } of bars) {
      context.fillStyle = colourOf(trace.spans[node].service);
      context.fillRect(x, y, length, thickness);
    }
    context.fillStyle = CANVAS_COLOURS[theme].error;
    for (const bar of errorBars(trace, width, height)) context.fillRect(bar.x, bar.y, bar.width, bar.height);
  }, [trace, width, height, colourOf, theme]);

  const whole = Math.max(trace.length_ns, 1);
  const from = (100 * view.from_ns) / whole;
  const to = (100 * view.to_ns) / whole;
  return (
    <div ref={box} className="minimap" data-testid="minimap">
      <canvas ref={canvas} style={{ width, height }} aria-hidden="true" />
      {!isFull(view, trace.length_ns) && (
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
