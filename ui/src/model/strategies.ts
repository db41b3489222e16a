/** Sampling strategies as people write them and as clients are told: the form of Jaeger's strategies file. */

export interface Strategy {
  service?: string;
  type?: string;
  param?: number;
  operation_strategies?: { operation?: string; type?: string; param?: number }[];
}

export interface Strategies {
  default_strategy?: Strategy;
  service_strategies?: Strategy[];
}

export interface StrategyAnswer {
  strategyType?: string;
  probabilisticSampling?: { samplingRate: number };
  rateLimitingSampling?: { maxTracesPerSecond: number };
  operationSampling?: {
    defaultSamplingProbability: number;
    defaultLowerBoundTracesPerSecond: number;
    perOperationStrategies: { operation: string; probabilisticSampling: { samplingRate: number } }[];
  };
}

/** A start for those who have none: half of everything, all of the payments, two traces a second of the search. */
export const EXAMPLE: Strategies = {
  default_strategy: { type: "probabilistic", param: 0.5 },
  service_strategies: [
    { service: "payment", type: "probabilistic", param: 1 },
    { service: "search", type: "ratelimiting", param: 2 },
  ],
};

export function writeStrategies(strategies: Strategies): string {
  return JSON.stringify(strategies, null, 2);
}

/** The strategies in a text, or what is wrong with it; whether they make sense is for the server to say. */
export function parseStrategies(text: string): { strategies: Strategies } | { problem: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { problem: `This is not JSON: ${(error as Error).message}` };
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return { problem: "Strategies are an object, with default_strategy and service_strategies in it." };
  return { strategies: parsed };
}

/** One line on what a version holds: `default 50 %; payment, search`. */
export function summarise(strategies: Strategies | null): string {
  if (strategies === null) return "removed";
  const services = (strategies.service_strategies ?? []).map((each) => each.service ?? "?");
  const parts = [];
  if (strategies.default_strategy) parts.push(`default ${describe(strategies.default_strategy)}`);
  if (services.length > 0) parts.push(services.length > 4 ? `${services.length} services` : services.join(", "));
  return parts.join("; ") || "nothing";
}

function describe(strategy: Strategy): string {
  if (strategy.param === undefined) return strategy.type ?? "?";
  if (strategy.type === "probabilistic") return percent(strategy.param);
  return strategy.type === "ratelimiting" ? `${strategy.param} traces/s` : `${strategy.type ?? "?"} ${strategy.param}`;
}

/** What clients are told, as rows to read: of which operation how much is kept. */
export function explain(answer: StrategyAnswer): { operation: string; kept: string }[] {
  const operations = answer.operationSampling;
  if (operations) {
    const lower = operations.defaultLowerBoundTracesPerSecond;
    const least = lower > 0 ? `, and at least ${lower} traces/s` : "";
    const each = operations.perOperationStrategies.map(({ operation, probabilisticSampling }) => ({ operation, kept: percent(probabilisticSampling.samplingRate) + least }));
    return [...each, { operation: each.length > 0 ? "all others" : "all", kept: percent(operations.defaultSamplingProbability) + least }];
  }
  if (answer.rateLimitingSampling) return [{ operation: "all", kept: `${answer.rateLimitingSampling.maxTracesPerSecond} traces/s of each process` }];
  return [{ operation: "all", kept: percent(answer.probabilisticSampling?.samplingRate ?? 0) }];
}

/** As few digits as tell it apart from 0 and from 100 %: `50 %`, `0.001 %`. */
function percent(probability: number): string {
  return `${Number((probability * 100).toPrecision(6))} %`;
}
