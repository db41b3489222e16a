import { type PointerEvent, useState } from "react";
import type { View } from "../../model/axis";

/** A transparent layer over a time axis: drag to choose a part of it, double click for the whole. */
export function TimeDrag({ view, onView, onReset }: { view: View; onView: (view: View) => void; onReset: () => void }) {
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const share = (event: PointerEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  const onPointerUp = (event: PointerEvent) => {
    if (!drag) return;
    setDrag(undefined);
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    if ((to - from) * event.currentTarget.clientWidth < 4) return;
    const width = view.to_ns - view.from_ns;
    onView({ from_ns: view.from_ns + from * width, to_ns: view.from_ns + to * width });
  };
  return (
    <div
      className="time-drag"
      title="Drag to zoom, double click for the whole trace"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: share(event), to: share(event) });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: share(event) })}
      onPointerUp={onPointerUp}
      onDoubleClick={onReset}
    >
      {drag && <div className="time-selection" style={{ left: `${100 * Math.min(drag.from, drag.to)}%`, width: `${100 * Math.abs(drag.to - drag.from)}%` }} />}
    </div>
  );
}
