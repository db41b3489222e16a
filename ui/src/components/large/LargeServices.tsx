import type { TraceOverview } from "../../api/windows";
import { counted } from "../../model/count";
import { Icon } from "../Icon";
import { ServiceDot } from "../ServiceChip";
import type { ColourOf } from "../serviceColours";

/** About one line. */
const MOST_SHOWN = 10;

interface LargeServicesProps {
  services: TraceOverview["services"];
  colourOf: ColourOf;
  onFind: (service: string) => void;
}

/** The services with the most spans. A click finds their spans. */
export function LargeServices({ services, colourOf, onFind }: LargeServicesProps) {
  const shown = [...services].sort((a, b) => b.span_count - a.span_count).slice(0, MOST_SHOWN);
  return (
    <div className="shares" role="group" aria-label="Services by their spans">
      {shown.map(({ name, span_count, error_count }) => (
        <button type="button" key={name} className="share" title={`${counted(span_count, "span")}, ${counted(error_count, "error")}\nClick to find its spans`} onClick={() => onFind(name)}>
          <ServiceDot colour={colourOf(name)} /> {name} <span className="muted">{span_count.toLocaleString("en")}</span>
          {error_count > 0 && (
            <span className="error-text">
              <Icon name="error" size={11} />
              <span className="sr-only">with errors</span>
            </span>
          )}
        </button>
      ))}
      {services.length > shown.length && <span className="share muted">and {services.length - shown.length} more</span>}
    </div>
  );
}
