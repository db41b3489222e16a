import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { strategiesQuery } from "../api/sampling";
import { ErrorNotice, Loading } from "../components/Notice";
import { ServiceSampling } from "../components/sampling/ServiceSampling";
import { StrategiesEditor } from "../components/sampling/StrategiesEditor";
import { StrategyHistory } from "../components/sampling/StrategyHistory";

/** Which traces clients begin: the strategies in force, what each service is told, and who changed what. */
export function SamplingPage() {
  const strategies = useQuery(strategiesQuery);
  useEffect(() => {
    document.title = "Sampling · Clew";
  }, []);
  if (strategies.isPending) return <Loading what="Reading the strategies…" />;
  if (strategies.isError) return <ErrorNotice what="The strategies could not be read" error={strategies.error} onRetry={() => void strategies.refetch()} />;
  const { version, file } = strategies.data;
  return (
    <div className="sampling-page">
      <section className="panel" aria-labelledby="strategies-title">
        <h1 id="strategies-title">Sampling strategies</h1>
        <p className="muted">
          Clients with a remote sampler (Jaeger&rsquo;s clients, OpenTelemetry&rsquo;s <code>jaeger_remote</code>) ask for these every minute or so. What is set here comes before the strategies file.
        </p>
        {file && (
          <p className={file.complaint ? "complaint" : "muted"} data-testid="strategies-file">
            {file.complaint ? `The strategies file is not in force as it stands: ${file.complaint}` : <>The strategies file is <code>{file.path}</code>.</>}
          </p>
        )}
        {file && (
          <details data-testid="strategies-of-file">
            <summary>What holds of the file</summary>
            <pre className="mono">{JSON.stringify(file.strategies, null, 2)}</pre>
          </details>
        )}
        {/* A version that comes in is a new text to start from. */}
        <StrategiesEditor key={version?.version ?? 0} inForce={version} hasFile={file !== null} />
      </section>
      <ServiceSampling />
      <StrategyHistory inForce={version?.version ?? 0} />
    </div>
  );
}
