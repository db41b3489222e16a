import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { ApiError } from "../api/client";
import { traceLogsQuery, traceQuery } from "../api/queries";
import { overviewQuery } from "../api/windows";
import { Icon } from "../components/Icon";
import { LargeTraceScreen } from "../components/large/LargeTraceScreen";
import { ErrorNotice, Loading, Notice } from "../components/Notice";
import { useServiceColours } from "../components/serviceColours";
import { TraceScreen } from "../components/trace/TraceScreen";

/** A larger trace is read in windows: whole, it would take seconds to send and hundreds of megabytes to hold. */
const MOST_WHOLE_SPANS = 5000;

export function TracePage() {
  const { traceId } = useParams({ from: "/trace/$traceId" });
  const { span } = useSearch({ from: "/trace/$traceId" });
  const navigate = useNavigate({ from: "/trace/$traceId" });
  const id = traceId.toLowerCase();
  const overview = useQuery(overviewQuery(id));
  const isLarge = (overview.data?.span_count ?? 0) > MOST_WHOLE_SPANS;
  const isSmall = overview.data !== undefined && !isLarge;
  const query = useQuery({ ...traceQuery(id), enabled: isSmall });
  const logs = useQuery({ ...traceLogsQuery(id), enabled: isSmall });
  const trace = query.data;
  const colourOf = useServiceColours(useMemo(() => trace?.services.map((service) => service.name) ?? [], [trace]));
  useEffect(() => {
    const root = trace?.root ?? overview.data?.first;
    document.title = root ? `${root.service} ${root.name} · Clew` : "Trace · Clew";
  }, [trace, overview.data]);

  const select = (ref: string | undefined) => void navigate({ search: ref ? { span: ref } : {}, replace: true, resetScroll: false });
  const reload = async () => {
    const { data } = await overview.refetch();
    if (data && data.span_count <= MOST_WHOLE_SPANS) await Promise.all([query.refetch(), logs.refetch()]);
  };
  if (isLarge) {
    const key = `${id}/${overview.dataUpdatedAt}`;
    return <LargeTraceScreen key={key} traceId={id} overview={overview.data!} selectedRef={span} onSelect={select} onReload={() => void reload()} isReloading={overview.isFetching} />;
  }
  if (overview.isPending || (isSmall && query.isPending)) return <Loading what="Reading the trace…" />;
  if (!trace) {
    const error = overview.error ?? query.error;
    const isUnknown = error instanceof ApiError && error.status === 404;
    return isUnknown ? <UnknownTrace traceId={traceId} onRetry={() => void reload()} /> : <ErrorNotice what="The trace could not be read" error={error!} onRetry={() => void reload()} />;
  }
  if (trace.spans.length === 0) return <UnknownTrace traceId={traceId} onRetry={() => void reload()} />;
  return (
    <TraceScreen
      key={`${traceId}/${query.dataUpdatedAt}`}
      trace={trace}
      read_ms={query.dataUpdatedAt}
      logs={logs.data}
      logsError={logs.error}
      selectedRef={span}
      colourOf={colourOf}
      onSelect={select}
      onReload={() => void reload()}
      isReloading={query.isFetching}
    />
  );
}

function UnknownTrace({ traceId, onRetry }: { traceId: string; onRetry: () => void }) {
  return (
    <Notice icon="unknown" title="This trace is not stored" testId="unknown-trace">
      <p className="mono">{traceId}</p>
      <p className="muted">It has not arrived yet, or the id is mistyped.</p>
      <div className="notice-actions">
        <button type="button" className="button primary" onClick={onRetry}>
          <Icon name="reload" /> Look again
        </button>
        <Link to="/search" search={{}} className="button">
          To the search
        </Link>
      </div>
    </Notice>
  );
}
