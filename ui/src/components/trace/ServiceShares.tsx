import { useState } from "react";
import { formatDuration } from "../../model/duration";
import type { Trace } from "../../model/trace";
import { Icon } from "../Icon";
import { ServiceDot } from "../ServiceChip";
import type { ColourOf } from "../serviceColours";

/** About one line; a trace can have hundreds of services. */
const MOST_SHOWN = 10;

/** Which services there are, and how much of the time each spent itself. A click finds its spans. */
export function ServiceShares({ trace, colourOf, onFind }: { trace: Trace; colourOf: ColourOf; onFind: (service: string) => void }) {
  const [areAllShown, setAllShown] = useState(false);
  const shown = areAllShown ? trace.services : trace.services.slice(0, MOST_SHOWN);
  const hidden = trace.services.length - shown.length;
  const total = trace.services.reduce((sum, { self_ns }) => sum + self_ns, 0) || 1;
  return (
    <div className="shares" role="group" aria-label="Services by their own time">
      {shown.map(({ name, self_ns, spanCount, errorCount }) => (
        <button
          type="button"
          key={name}
          className="share"
          title={`${name}: ${spanCount} spans, ${errorCount} errors, ${formatDuration(self_ns)} own time\nClick to find its spans`}
          onClick={() => onFind(name)}
        >
          <ServiceDot colour={colourOf(name)} /> {name} <span className="muted">{percent(self_ns / total)}</span>
          {errorCount > 0 && (
            <span className="error-text">
              <Icon name="error" size={11} />
              <span className="sr-only">with errors</span>
            </span>
          )}
        </button>
      ))}
      {hidden > 0 && (
        <button type="button" className="share muted" onClick={() => setAllShown(true)}>
          and {hidden} more
        </button>
      )}
    </div>
  );
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? "<1 %" : `${Math.round(100 * share)} %`;
}
