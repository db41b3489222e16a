import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { ApiError } from "../api/client";
import { traceLogsQuery, traceQuery } from "../api/queries";
import { Icon } from "../components/Icon";
import { ErrorNotice, Loading, Notice } from "../components/Notice";
import { useServiceColours } from "../components/serviceColours";
import { TraceScreen } from "../components/trace/TraceScreen";

export function TracePage() {
  const { traceId } = useParams({ from: "/trace/$traceId" });
  const { span } = useSearch({ from: "/trace/$traceId" });
  const navigate = useNavigate({ from: "/trace/$traceId" });
  const query = useQuery(traceQuery(traceId.toLowerCase()));
  const logs = useQuery(traceLogsQuery(traceId.toLowerCase()));
  const trace = query.data;
  const colourOf = useServiceColours(useMemo(() => trace?.services.map((service) => service.name) ?? [], [trace]));
  useEffect(() => {
    document.title = trace?.root ? `${trace.root.service} ${trace.root.name} · Clew` : "Trace · Clew";
  }, [trace]);

  const reload = () => void Promise.all([query.refetch(), logs.refetch()]);
  if (query.isPending) return <Loading what="Reading the trace…" />;
  if (!trace) {
    const isUnknown = query.error instanceof ApiError && query.error.status === 404;
    return isUnknown ? <UnknownTrace traceId={traceId} onRetry={reload} /> : <ErrorNotice what="The trace could not be read" error={query.error!} onRetry={reload} />;
  }
  if (trace.spans.length === 0) return <UnknownTrace traceId={traceId} onRetry={reload} />;
  return (
    <TraceScreen
      key={`${traceId}/${query.dataUpdatedAt}`}
      trace={trace}
      read_ms={query.dataUpdatedAt}
      logs={logs.data}
      logsError={logs.error}
      selectedRef={span}
      colourOf={colourOf}
      onSelect={(ref) => void navigate({ search: ref ? { span: ref } : {}, replace: true, resetScroll: false })}
      onReload={reload}
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
