import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { ApiError } from "../api/client";
import { searchTracesQuery } from "../api/queries";
import { Icon } from "../components/Icon";
import { useKeys } from "../components/keys";
import { NothingFound } from "../components/search/NothingFound";
import { ErrorNotice, Loading } from "../components/Notice";
import { ResultList } from "../components/search/ResultList";
import { Scatter } from "../components/search/Scatter";
import { SearchForm } from "../components/search/SearchForm";
import { useServiceColours } from "../components/serviceColours";
import { type Filters, type Sort, withoutDefaults } from "../model/filters";
import { sortTraces } from "../model/results";

const LIVE_INTERVAL_MS = 5000;

export function SearchPage() {
  const filters = useSearch({ from: "/search" });
  const navigate = useNavigate({ from: "/search" });
  const queryClient = useQueryClient();
  const [highlighted, setHighlighted] = useState<string>();
  const search = useInfiniteQuery({ ...searchTracesQuery(filters), refetchInterval: filters.live === "on" ? LIVE_INTERVAL_MS : false });
  const pages = search.data?.pages;
  const found = useMemo(() => distinct(pages?.flatMap((page) => page.traces) ?? []), [pages]);
  const traces = useMemo(() => sortTraces(found, filters.sort ?? "start"), [found, filters.sort]);
  const colourOf = useServiceColours(useMemo(() => [...new Set(found.flatMap((trace) => trace.services))], [found]));
  useEffect(() => {
    document.title = filters.service ? `${filters.service} · Clew` : "Search · Clew";
  }, [filters.service]);

  const go = (next: Filters) => {
    const tidy = withoutDefaults(next);
    // The same search again means: look again now, from the first page on.
    if (JSON.stringify(tidy) === JSON.stringify(withoutDefaults(filters))) void queryClient.resetQueries({ queryKey: searchTracesQuery(tidy).queryKey });
    else void navigate({ search: tidy });
  };
  const change = (part: Partial<Filters>) => go({ ...filters, ...part });
  const open = (traceId: string) => void navigate({ to: "/trace/$traceId", params: { traceId }, search: {} });
  useKeys({
    "/": () => document.querySelector<HTMLElement>("[data-testid=attribute-input]")?.focus(),
    r: () => go(filters),
  });

  const first = pages?.[0];
  const queryError = search.error instanceof ApiError && search.error.key === "q" ? search.error.reason : undefined;
  return (
    <div className="search-page">
      <SearchForm
        key={`${filters.min_duration}/${filters.max_duration}/${filters.q}`}
        filters={filters}
        colourOf={colourOf}
        isSearching={search.isFetching}
        queryError={queryError}
        onChange={change}
        onSearch={go}
      />
      {search.isError && !pages && queryError === undefined && <ErrorNotice what="The search failed" error={search.error} onRetry={() => void search.refetch()} />}
      {search.isPending && <Loading what="Searching…" />}
      {first && traces.length === 0 && !search.isPlaceholderData && <NothingFound filters={filters} onChange={change} />}
      {first && traces.length > 0 && (
        <div className={search.isPlaceholderData ? "found stale" : "found"}>
          <Scatter
            traces={traces}
            period={first.period}
            asked_ms={first.asked_ms}
            isPartial={search.hasNextPage}
            highlighted={highlighted}
            onHighlight={setHighlighted}
            onOpen={open}
            onZoom={(from_ms, to_ms) => change({ start: new Date(from_ms).toISOString(), end: new Date(to_ms).toISOString() })}
          />
          <p className="summary" role="status" data-testid="summary">
            {summary(traces.length, search.hasNextPage, filters.sort ?? "start")}
            {search.isError && <span className="error-text"> · Could not refresh: {search.error.message}</span>}
          </p>
          <ResultList
            traces={traces}
            sort={filters.sort ?? "start"}
            onSort={(sort) => change({ sort })}
            colourOf={colourOf}
            now_ms={first.asked_ms}
            highlighted={highlighted}
            onHighlight={setHighlighted}
            footer={
              search.hasNextPage && (
                <div className="load-more">
                  <button type="button" className="button" data-testid="load-more" disabled={search.isFetchingNextPage} onClick={() => void search.fetchNextPage()}>
                    <Icon name="down" /> {search.isFetchingNextPage ? "Loading…" : "Load more"}
                  </button>
                </div>
              )
            }
          />
        </div>
      )}
    </div>
  );
}

const SORT_WORDS = { duration: "longest first", spans: "most spans first", errors: "most errors first" };

function summary(count: number, isMore: boolean, sort: Sort): string {
  const traces = `${count.toLocaleString("en")} ${isMore ? "newest " : ""}${count === 1 ? "trace" : "traces"}`;
  if (sort !== "start") {
    const order = isMore ? `${SORT_WORDS[sort]}, sorted within the ${count.toLocaleString("en")} loaded traces; older ones are not among them` : SORT_WORDS[sort];
    return `${traces}, ${order}`;
  }
  return isMore ? `${traces}; older ones below` : `${traces}, all that fit`;
}

/** A trace that grew while pages were fetched may be on two of them. */
function distinct<T extends { trace_id: string }>(traces: T[]): T[] {
  return [...new Map(traces.map((trace) => [trace.trace_id, trace])).values()];
}
