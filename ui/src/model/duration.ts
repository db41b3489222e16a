const UNITS: [unit: string, ns: number][] = [
  ["h", 3.6e12],
  ["m", 6e10],
  ["s", 1e9],
  ["ms", 1e6],
  ["µs", 1e3],
  ["ns", 1],
];

const NS_OF_UNIT: Record<string, number> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, μs: 1e3, ns: 1 };

/** Three significant digits with a fitting unit: `1.23 s`, `45.6 ms`, `2 m 3 s`. Negative ones keep their sign. */
export function formatDuration(duration_ns: number): string {
  if (!Number.isFinite(duration_ns)) return "unknown";
  if (duration_ns < 0) return `−${formatDuration(-duration_ns)}`;
  if (duration_ns === 0) return "0";
  // 59.996 s would print as "60.0 s": take the next unit as soon as three digits round up to it.
  const [unit, size] = UNITS.find(([, ns]) => duration_ns >= ns * 0.9995) ?? UNITS[UNITS.length - 1];
  if (size >= 6e10) return formatTwoUnits(duration_ns, size);
  return `${threeDigits(duration_ns / size)} ${unit}`;
}

function formatTwoUnits(duration_ns: number, size: number): string {
  const minor = size === 3.6e12 ? 6e10 : 1e9;
  const whole = Math.round(duration_ns / minor);
  const perMajor = size / minor;
  const major = Math.floor(whole / perMajor);
  const [majorUnit, minorUnit] = size === 3.6e12 ? ["h", "m"] : ["m", "s"];
  return whole % perMajor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${whole % perMajor} ${minorUnit}`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** All digits, for offsets that must be told apart: `1,234.567 µs`. */
export function formatExactDuration(duration_ns: number): string {
  const size = Math.abs(duration_ns) >= 1e9 ? 1e9 : Math.abs(duration_ns) >= 1e6 ? 1e6 : Math.abs(duration_ns) >= 1e3 ? 1e3 : 1;
  const unit = size === 1e9 ? "s" : size === 1e6 ? "ms" : size === 1e3 ? "µs" : "ns";
  const digits = Math.round(Math.log10(size));
  return `${(duration_ns / size).toLocaleString("en-GB", { maximumFractionDigits: digits })} ${unit}`;
}

/** Reads what a person types: `250ms`, `1.5s`, `1m30s`, `2 s`, or a bare number of ms. `undefined` when it can't be read. */
export function parseDuration(text: string): number | undefined {
  const compact = text.trim().replace(/\s+/g, "").toLowerCase();
  if (/^\d+(\.\d+)?$/.test(compact)) return Math.round(Number(compact) * 1e6);
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|μs|ns))+$/.test(compact)) return undefined;
  let total = 0;
  for (const [, number, unit] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|μs|ns|h|m|s)/g)) total += Number(number) * NS_OF_UNIT[unit];
  return Math.round(total);
}

/** A duration as the boxes and the address hold it: without blanks, and never without a unit. `undefined` when it can't be read. */
export function normalDuration(text: string): string | undefined {
  const compact = text.trim().replace(/\s+/g, "").toLowerCase();
  if (parseDuration(compact) === undefined) return undefined;
  return /[a-zµμ]$/.test(compact) ? compact : `${compact}ms`;
}
