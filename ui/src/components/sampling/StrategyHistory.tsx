import { useQuery } from "@tanstack/react-query";
import { putStrategies, strategyHistoryQuery, type StrategyVersion } from "../../api/sampling";
import { formatExact, nsOf } from "../../model/moment";
import { summarise, writeStrategies } from "../../model/strategies";
import { recall } from "../memory";
import { useStrategyChange } from "./useStrategyChange";

/** Who set what, and when; any version can be put in force again, which makes a new one. */
export function StrategyHistory({ inForce }: { inForce: number }) {
  const history = useQuery(strategyHistoryQuery);
  const restoring = useStrategyChange(putStrategies);
  if (history.isError) return <p className="complaint">{history.error.message}</p>;
  if (!history.data || history.data.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="strategy-history-title">
      <h2 id="strategy-history-title">History</h2>
      {restoring.isError && <p className="complaint">{restoring.error.message}</p>}
      <table className="sampling-table" data-testid="strategy-history">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Set</th>
            <th scope="col">By</th>
            <th scope="col">What</th>
            <th scope="col" aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
          {history.data.map((version) => (
            <VersionRow
              key={version.version}
              version={version}
              isInForce={version.version === inForce}
              onRestore={() => restoring.mutate({ version: version.version, if_version: inForce, who: recall("who", "") })}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function VersionRow({ version, isInForce, onRestore }: { version: StrategyVersion; isInForce: boolean; onRestore: () => void }) {
  return (
    <tr>
      <td>{version.version}</td>
      <td>{formatExact(nsOf(version.set_unix_nano)).slice(0, 19)}</td>
      <td>{version.who}</td>
      <td>
        {version.strategies === null ? (
          summarise(null)
        ) : (
          <details>
            <summary>{summarise(version.strategies)}</summary>
            <pre className="snippet">{writeStrategies(version.strategies)}</pre>
          </details>
        )}
      </td>
      <td>
        {isInForce ? (
          <span className="muted">in force</span>
        ) : (
          version.strategies !== null && (
            <button type="button" className="button" onClick={onRestore}>
              Put in force
            </button>
          )
        )}
      </td>
    </tr>
  );
}
