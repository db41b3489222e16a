import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { servicesQuery } from "../../api/queries";
import { serviceSamplingQuery } from "../../api/sampling";
import { explain } from "../../model/strategies";
import { Combobox } from "../Combobox";

const SOURCES: Record<string, string> = {
  api: "from the strategies set here",
  file: "from the strategies file",
  "api default": "the default set here",
  "file default": "the default of the strategies file",
  "built in": "what is built in, since nothing is said about it",
};

/** What the clients of one service are told now, adaptive probabilities included. */
export function ServiceSampling() {
  const [service, setService] = useState<string>();
  const services = useQuery(servicesQuery);
  const sampling = useQuery(serviceSamplingQuery(service));
  return (
    <section className="panel" aria-labelledby="service-sampling-title">
      <h2 id="service-sampling-title">What a service is told</h2>
      <Combobox
        label="Service"
        anyLabel="Choose a service"
        testId="sampling-service"
        value={service}
        options={(services.data ?? []).map(({ name }) => ({ value: name }))}
        onChange={setService}
      />
      {sampling.isError && <p className="complaint">{sampling.error.message}</p>}
      {sampling.data && (
        <div data-testid="service-sampling">
          <p className="muted">It is {SOURCES[sampling.data.source] ?? sampling.data.source}.</p>
          <table className="sampling-table">
            <thead>
              <tr>
                <th scope="col">Operation</th>
                <th scope="col">Kept</th>
              </tr>
            </thead>
            <tbody>
              {explain(sampling.data.answer).map(({ operation, kept }) => (
                <tr key={operation}>
                  <td>{operation}</td>
                  <td>{kept}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
