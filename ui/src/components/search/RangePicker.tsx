import { useState } from "react";
import { type Filters, type RangeChoice, RANGES, rangeOf, resolvePeriod } from "../../model/filters";

const SHORT: Record<string, string> = { "now-15m": "15 m", "now-1h": "1 h", "now-6h": "6 h", "now-24h": "24 h", "now-7d": "7 d", all: "All" };

type Range = Pick<Filters, "start" | "end">;

/** The usual ranges as buttons, and a from-to of one's own. */
export function RangePicker({ filters, onChange }: { filters: Filters; onChange: (range: Range) => void }) {
  const current = rangeOf(filters);
  const [isCustom, setCustom] = useState(false);
  const isCustomShown = isCustom || current === undefined;
  const choose = (range: RangeChoice) => {
    setCustom(false);
    onChange({ start: range.start, end: undefined });
  };
  return (
    <div className="field">
      <span className="label" id="range-label">
        Time
      </span>
      <div className="segments" role="group" aria-labelledby="range-label">
        {RANGES.map((range) => (
          <button
            type="button"
            key={range.start}
            title={range.label}
            aria-label={range.label}
            aria-pressed={!isCustomShown && range === current}
            data-testid={`range-${range.start}`}
            onClick={() => choose(range)}
          >
            {SHORT[range.start]}
          </button>
        ))}
        <button type="button" aria-pressed={isCustomShown} data-testid="range-custom" title="From – to" onClick={() => setCustom(!isCustomShown)}>
          From–to
        </button>
      </div>
      {isCustomShown && <CustomRange key={`${filters.start}/${filters.end}`} filters={filters} onChange={onChange} />}
    </div>
  );
}

function CustomRange({ filters, onChange }: { filters: Filters; onChange: (range: Range) => void }) {
  const [{ from, to }, setDraft] = useState(() => {
    const now = Date.now();
    const period = resolvePeriod(filters, now);
    return { from: localInput(period.from_ms ?? now - 3_600_000), to: localInput(period.to_ms ?? now) };
  });
  const isEmpty = !(Date.parse(from) < Date.parse(to));
  return (
    <div className="custom-range">
      <input className="input" type="datetime-local" step="0.001" aria-label="From" value={from} onChange={(event) => setDraft({ from: event.target.value, to })} />
      <span className="muted">to</span>
      <input className="input" type="datetime-local" step="0.001" aria-label="To" value={to} onChange={(event) => setDraft({ from, to: event.target.value })} />
      <button
        type="button"
        className="button"
        disabled={isEmpty}
        title={isEmpty ? "The end must be after the start" : undefined}
        onClick={() => onChange({ start: new Date(from).toISOString(), end: new Date(to).toISOString() })}
      >
        Apply
      </button>
    </div>
  );
}

/** Local time in the form that `datetime-local` boxes take. */
function localInput(unix_ms: number): string {
  const local = new Date(unix_ms - new Date(unix_ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, -1);
}
