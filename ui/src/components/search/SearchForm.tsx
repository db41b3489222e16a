import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { operationsQuery, servicesQuery } from "../../api/queries";
import { counted } from "../../model/count";
import { normalDuration } from "../../model/duration";
import { DEFAULT_LIMIT, type Filters, isAttribute, MAX_LIMIT } from "../../model/filters";
import { AttributeFilter } from "./AttributeFilter";
import { Combobox } from "../Combobox";
import { Icon } from "../Icon";
import { RangePicker } from "./RangePicker";
import type { ColourOf } from "../serviceColours";

interface SearchFormProps {
  filters: Filters;
  colourOf: ColourOf;
  isSearching: boolean;
  /** What the server found wrong with the query, which says where. */
  queryError?: string;
  onChange: (change: Partial<Filters>) => void;
  onSearch: (filters: Filters) => void;
}

const DURATION_HINT = "duration-hint";
const LIMITS = [20, 50, 100, 200, 500, MAX_LIMIT];

/** Choices act at once; what is typed acts on Enter or the button. */
export function SearchForm({ filters, colourOf, isSearching, queryError, onChange, onSearch }: SearchFormProps) {
  const [attributeText, setAttributeText] = useState("");
  const [isHalfTyped, setHalfTyped] = useState(false);
  const [query, setQuery] = useState(filters.q ?? "");
  const [min, setMin] = useState(filters.min_duration ?? "");
  const [max, setMax] = useState(filters.max_duration ?? "");
  const services = useQuery(servicesQuery);
  const operations = useQuery(operationsQuery(filters.service));
  const withTyped = (): Filters => {
    const attr = filters.attr ?? [];
    const typed = isAttribute(attributeText) ? [attributeText.trimStart()] : [];
    return { ...filters, q: query.trim() || undefined, min_duration: normalDuration(min), max_duration: normalDuration(max), attr: [...new Set([...attr, ...typed])] };
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const isHalf = attributeText.trim() !== "" && !isAttribute(attributeText);
    setHalfTyped(isHalf);
    // A search that left out what is typed would answer another question.
    if (isHalf || !parseable(min) || !parseable(max)) return;
    onSearch(withTyped());
    setAttributeText("");
  };
  return (
    <form className="search-form" onSubmit={submit} aria-label="Search traces">
      <div className="form-row">
        <Combobox
          label="Service"
          anyLabel="All services"
          testId="service-select"
          value={filters.service}
          options={(services.data ?? []).map((service) => ({ value: service.name, hint: counts(service), colour: colourOf(service.name) }))}
          onChange={(service) => onChange({ service, operation: undefined })}
        />
        <Combobox
          label="Operation"
          anyLabel={filters.service ? "All operations" : "Choose a service first"}
          testId="operation-select"
          value={filters.operation}
          disabled={!filters.service}
          options={distinctOperations(operations.data ?? [])}
          onChange={(operation) => onChange({ operation })}
        />
        <AttributeFilter
          chosen={filters.attr ?? []}
          onChange={(attr) => onChange({ attr })}
          text={attributeText}
          onText={(text) => {
            setAttributeText(text);
            setHalfTyped(false);
          }}
          isHalfTyped={isHalfTyped}
        />
        <button type="submit" className="button primary search-button" data-testid="search-submit" aria-busy={isSearching}>
          <Icon name="search" /> Search
        </button>
      </div>
      <div className="form-row">
        <div className="field query">
          <label htmlFor="query">Query</label>
          <input
            id="query"
            data-testid="query"
            className="input mono"
            placeholder="http.response.status_code >= 500 and not exists(user.id)"
            title="Comparisons (= != < <= > >= ^= =~ !~, exists) with and, or, not and parentheses; all of it holds for one span"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            aria-invalid={queryError !== undefined && query.trim() === filters.q}
            aria-describedby={queryError === undefined ? undefined : "query-error"}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
          {queryError !== undefined && (
            <span id="query-error" className="field-hint" role="alert" data-testid="query-error">
              {queryError}
            </span>
          )}
        </div>
      </div>
      <div className="form-row">
        <RangePicker filters={filters} onChange={onChange} />
        <div className="durations">
          <DurationBox label="Longer than" testId="min-duration" text={min} onText={setMin} />
          <DurationBox label="Shorter than" testId="max-duration" text={max} onText={setMax} />
          {!(parseable(min) && parseable(max)) && (
            <span id={DURATION_HINT} className="field-hint" role="alert" data-testid="duration-hint">
              Not a duration. Write 250ms or 1.5s
            </span>
          )}
        </div>
        <label className="check">
          <input type="checkbox" data-testid="errors-only" checked={filters.status === "error"} onChange={(event) => onChange({ status: event.target.checked ? "error" : undefined })} />
          Errors only
        </label>
        <label className="check" title="Search again every 5 seconds">
          <input type="checkbox" data-testid="live" checked={filters.live === "on"} onChange={(event) => onChange({ live: event.target.checked ? "on" : undefined })} />
          Live
        </label>
        <div className="field limit">
          <label htmlFor="limit">Traces a page</label>
          <select id="limit" className="input" value={filters.limit ?? DEFAULT_LIMIT} onChange={(event) => onChange({ limit: Number(event.target.value) })}>
            {[...new Set([...LIMITS, filters.limit ?? DEFAULT_LIMIT])].sort((a, b) => a - b).map((limit) => (
              <option key={limit}>{limit}</option>
            ))}
          </select>
        </div>
      </div>
    </form>
  );
}

function DurationBox({ label, testId, text, onText }: { label: string; testId: string; text: string; onText: (text: string) => void }) {
  const isWrong = !parseable(text);
  return (
    <div className="field duration">
      <label htmlFor={testId}>{label}</label>
      <input
        id={testId}
        data-testid={testId}
        className="input"
        placeholder="250ms"
        title="With a unit, like 250ms, 1.5s or 1m30s; a bare number means milliseconds"
        autoComplete="off"
        spellCheck={false}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? DURATION_HINT : undefined}
        value={text}
        onChange={(event) => onText(event.target.value)}
        onBlur={() => onText(normalDuration(text) ?? text)}
      />
    </div>
  );
}

function parseable(text: string): boolean {
  return text.trim() === "" || normalDuration(text) !== undefined;
}

interface Counts {
  span_count: number;
  error_count: number;
  stored_span_count: number;
}

function counts({ span_count, error_count, stored_span_count }: Counts): string {
  const isSampled = span_count !== stored_span_count;
  const spans = isSampled ? `about ${counted(span_count, "span")} (${stored_span_count.toLocaleString("en")} sent)` : counted(span_count, "span");
  return error_count > 0 ? `${spans}, ${counted(error_count, "error")}` : spans;
}

/** The same name can be there as client and as server; the search does not tell them apart. */
function distinctOperations(operations: ({ name: string; kind: string } & Counts)[]) {
  const byName = new Map<string, { kinds: string[] } & Counts>();
  for (const { name, kind, span_count, error_count, stored_span_count } of operations) {
    const same = byName.get(name) ?? { kinds: [], span_count: 0, error_count: 0, stored_span_count: 0 };
    byName.set(name, {
      kinds: [...same.kinds, kind],
      span_count: same.span_count + span_count,
      error_count: same.error_count + error_count,
      stored_span_count: same.stored_span_count + stored_span_count,
    });
  }
  return [...byName].map(([value, found]) => ({ value, hint: `${found.kinds.join(", ")} · ${counts(found)}` }));
}
