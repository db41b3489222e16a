import { queryOptions } from "@tanstack/react-query";
import type { Strategies, StrategyAnswer } from "../model/strategies";
import { getJson, sendJson } from "./client";

/** One version of the strategies that were set here or over the API; `strategies` is null where they were removed. */
export interface StrategyVersion {
  version: number;
  set_unix_nano: string;
  who: string;
  strategies: Strategies | null;
}

interface InForce {
  version: StrategyVersion | null;
  /** The strategies file of the settings; `complaint` is empty when it is in force as it stands; `strategies` is what holds of it. */
  file: { path: string; complaint: string; strategies: object } | null;
}

interface ServiceSampling {
  service: string;
  source: string;
  answer: StrategyAnswer;
}

export const strategiesQuery = queryOptions({
  queryKey: ["sampling", "strategies"],
  queryFn: ({ signal }) => getJson<InForce>("/sampling/strategies", signal),
});

export const strategyHistoryQuery = queryOptions({
  queryKey: ["sampling", "history"],
  queryFn: async ({ signal }) => (await getJson<{ versions: StrategyVersion[] }>("/sampling/history", signal)).versions,
});

export const serviceSamplingQuery = (service: string | undefined) =>
  queryOptions({
    queryKey: ["sampling", "service", service],
    queryFn: ({ signal }) => getJson<ServiceSampling>(`/sampling/strategies/${encodeURIComponent(service!)}`, signal),
    enabled: service !== undefined,
  });

/** What to put in force: strategies written out, or an old version's. `if_version`: only if nobody was faster. */
export interface StrategyChange {
  strategies?: Strategies;
  version?: number;
  if_version: number;
  who: string;
}

export function putStrategies(change: StrategyChange): Promise<StrategyVersion> {
  return sendJson<StrategyVersion>("PUT", "/sampling/strategies", change);
}

export function removeStrategies(who: string): Promise<StrategyVersion> {
  return sendJson<StrategyVersion>("DELETE", `/sampling/strategies?${new URLSearchParams({ who })}`);
}
