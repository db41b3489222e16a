import { useMemo, useState } from "react";
import { counted } from "../../model/count";
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
  const origins = useMemo(() => new Set(trace.errorOrigins.map((node) => trace.spans[node].service)), [trace]);
  // Where errors began comes first, whatever its share: that is what one looks for.
  const services = useMemo(() => [...trace.services].sort((a, b) => Number(origins.has(b.name)) - Number(origins.has(a.name))), [trace, origins]);
  const shown = areAllShown ? services : services.slice(0, MOST_SHOWN);
  const hidden = services.length - shown.length;
  const total = trace.services.reduce((sum, { self_ns }) => sum + self_ns, 0) || 1;
  return (
    <div className="shares" role="group" aria-label="Services by their own time">
      {shown.map(({ name, self_ns, spanCount, errorCount }) => (
        <button
          type="button"
          key={name}
          className="share"
          title={`${name}: ${counted(spanCount, "span")}, ${counted(errorCount, "error")}, ${formatDuration(self_ns)} own time\nClick to find its spans`}
          onClick={() => onFind(name)}
        >
          <ServiceDot colour={colourOf(name)} /> {name} <span className="muted">{percent(self_ns / total)}</span>
          {errorCount > 0 && (
            <span className="error-text">
              <Icon name="error" size={11} />
              <span className="sr-only">with errors</span>
            </span>
          )}
          {origins.has(name) && (
            <span className="badge error" data-testid="error-origin" title="A span of this service has an error, and no span below it has one">
              error began here
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
