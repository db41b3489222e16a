import { useQuery } from "@tanstack/react-query";
import { statusQuery } from "../../api/queries";
import { type Filters, isNarrowed, widerRange } from "../../model/filters";
import { sendVariables } from "../../model/sendVariables";
import { Icon } from "../Icon";
import { Notice } from "../Notice";

/** Two different nothings: no spans stored at all, or none that fit. Each says what to try. */
export function NothingFound({ filters, onChange }: { filters: Filters; onChange: (change: Partial<Filters>) => void }) {
  const { data: status } = useQuery(statusQuery);
  if (status?.store.spans === 0) return <NothingStored />;
  const wider = widerRange(filters);
  return (
    <Notice icon="search" title="No trace fits" testId="nothing-found">
      <p>{isNarrowed(filters) ? "Service, operation, attributes and errors must hold on one and the same span; durations are those of the whole trace." : "Nothing was recorded in this time."}</p>
      <div className="notice-actions">
        {wider && (
          <button type="button" className="button primary" data-testid="wider-range" onClick={() => onChange({ start: wider.start, end: undefined })}>
            <Icon name="clock" /> {wider.label}
          </button>
        )}
        {wider && wider.start !== "all" && (
          <button type="button" className="button" data-testid="all-time" onClick={() => onChange({ start: "all", end: undefined })}>
            All time
          </button>
        )}
        {filters.status && (
          <button type="button" className="button" onClick={() => onChange({ status: undefined })}>
            With or without errors
          </button>
        )}
        {(filters.min_duration || filters.max_duration) && (
          <button type="button" className="button" onClick={() => onChange({ min_duration: undefined, max_duration: undefined })}>
            Any duration
          </button>
        )}
        {filters.q && (
          <button type="button" className="button" onClick={() => onChange({ q: undefined })}>
            Without the query
          </button>
        )}
        {filters.attr?.map((attribute) => (
          <button type="button" className="button" key={attribute} onClick={() => onChange({ attr: filters.attr?.filter((other) => other !== attribute) })}>
            Without <code>{attribute}</code>
          </button>
        ))}
        {filters.operation && (
          <button type="button" className="button" onClick={() => onChange({ operation: undefined })}>
            Any operation
          </button>
        )}
      </div>
    </Notice>
  );
}

function NothingStored() {
  return (
    <Notice icon="logs" title="No spans stored yet" testId="nothing-stored">
      <p>Send some with OpenTelemetry. Set these for your program:</p>
      <pre className="snippet" data-testid="send-variables">
        {sendVariables(window.location.hostname)}
      </pre>
      <p>
        For gRPC, the port is 4317 and the protocol <code>grpc</code>.
      </p>
      <p>
        Or look at the sample shop: <code>clew demo</code>
      </p>
    </Notice>
  );
}
