/** Points in time. The API sends 64-bit Unix nanoseconds as strings; a JavaScript number would lose the last digits. */

export function nsOf(text: string | number | undefined): bigint {
  if (text === undefined || text === "") return 0n;
  try {
    return BigInt(text);
  } catch {
    return 0n;
  }
}

export function msOf(unix_ns: bigint): number {
  return Number(unix_ns / 1_000_000n);
}

const two = (value: number) => String(value).padStart(2, "0");

export function formatDate(unix_ms: number): string {
  const date = new Date(unix_ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function formatClock(unix_ms: number, digits: 0 | 3 = 0): string {
  const date = new Date(unix_ms);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return digits === 0 ? clock : `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Local time with all nine digits: `2026-11-21 00:53:36.123456789`. */
export function formatExact(unix_ns: bigint): string {
  const fraction = ((unix_ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const ms = Number((unix_ns - fraction) / 1_000_000n);
  return `${formatDate(ms)} ${formatClock(ms)}.${String(fraction).padStart(9, "0")}`;
}

/** Today's moments as a clock, others with their date before it. */
export function formatStart(unix_ns: bigint, now_ms: number): { date: string; clock: string } {
  const ms = msOf(unix_ns);
  const date = formatDate(ms);
  return { date: date === formatDate(now_ms) ? "" : date, clock: formatClock(ms, 3) };
}

const STEPS: [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function formatRelative(unix_ms: number, now_ms: number): string {
  const away = unix_ms - now_ms;
  const [unit, size] = STEPS.find(([, ms]) => Math.abs(away) >= ms) ?? STEPS[STEPS.length - 1];
  return relative.format(Math.trunc(away / size), unit);
}

const shortDate = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** Labels for a time axis, as fine as its step; the first and each new day carry the date on a second line. */
export function formatAxisMoments(moments_s: number[], step_s: number): string[] {
  let day = "";
  return moments_s.map((moment_s) => {
    const ms = moment_s * 1000;
    const date = formatDate(ms);
    if (step_s >= 86_400) return shortDate.format(ms);
    const clock = step_s < 1 ? formatClock(ms, 3) : step_s < 60 ? formatClock(ms) : formatClock(ms).slice(0, 5);
    const label = date === day ? clock : `${clock}\n${shortDate.format(ms)}`;
    day = date;
    return label;
  });
}
