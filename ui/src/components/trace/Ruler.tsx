import { formatTick, position, ticks, type View } from "../../model/axis";
import { TimeDrag } from "./TimeDrag";

export function Ruler({ view, marks, onView, onReset }: { view: View; marks: number[]; onView: (view: View) => void; onReset: () => void }) {
  const step = marks.length > 1 ? marks[1] - marks[0] : view.to_ns - view.from_ns;
  return (
    <div className="ruler" data-testid="ruler">
      {marks.map((mark) => {
        const at = position(view, mark);
        return (
          <span key={mark} className={at > 0.94 ? "tick last" : "tick"} style={at > 0.94 ? { right: `${100 * (1 - at)}%` } : { left: `${100 * at}%` }}>
            {formatTick(mark, step)}
          </span>
        );
      })}
      <TimeDrag view={view} onView={onView} onReset={onReset} />
    </div>
  );
}

export function rulerMarks(view: View, width_px: number): number[] {
  return ticks(view, Math.max(2, Math.floor(width_px / 110)));
}
