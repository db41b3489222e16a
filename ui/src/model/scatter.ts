import type { Period } from "./filters";

/** Durations are plotted as log10 of ns; a zero stands at 1 ns. */
export function logDuration(duration_ns: number): number {
  return Math.log10(Math.max(1, duration_ns));
}

export function pointRadius(span_count: number): number {
  return Math.min(11, 2.5 + 1.7 * Math.log10(Math.max(1, span_count)));
}

export interface AxisRange {
  x: [from_s: number, to_s: number];
  y: [from: number, to: number];
  /** Where the duration axis has its lines: whole powers of ten, with thirds (3 ×) when there are few. */
  decades: number[];
}

/**
 * `isPartial`: older traces were not loaded, so the plot begins at the oldest that was, not at the start of the period.
 * `starts_s` must be ascending.
 */
export function axisRange(starts_s: number[], logs: number[], period: Period, asked_ms: number, isPartial: boolean): AxisRange {
  const first = starts_s.length > 0 ? starts_s[0] : (asked_ms - 3_600_000) / 1000;
  const last = starts_s.length > 0 ? starts_s[starts_s.length - 1] : asked_ms / 1000;
  const pad = Math.max(0.001, (last - first) * 0.03);
  const x: [number, number] = [
    period.from_ms === undefined || isPartial ? first - pad : period.from_ms / 1000,
    period.to_ms === undefined ? Math.max(period.from_ms === undefined ? last + pad : asked_ms / 1000, last) : period.to_ms / 1000,
  ];
  const low = logs.length > 0 ? logs.reduce((a, b) => Math.min(a, b)) : 6;
  const high = logs.length > 0 ? logs.reduce((a, b) => Math.max(a, b)) : 9;
  const y: [number, number] = [Math.min(low - 0.4, (low + high) / 2 - 0.6), Math.max(high + 0.5, (low + high) / 2 + 0.6)];
  return { x, y, decades: decadesIn(y) };
}

function decadesIn([from, to]: [number, number]): number[] {
  const steps = to - from > 2.5 ? [0] : [0, Math.log10(2), Math.log10(5)];
  const lines: number[] = [];
  for (let power = Math.floor(from); power <= to; power++) for (const step of steps) if (power + step >= from && power + step <= to) lines.push(power + step);
  return lines;
}

/** The index of the nearest point within `reach` pixels. */
export function nearestPoint(points: { x: number; y: number }[], x: number, y: number, reach: number): number | undefined {
  let found: number | undefined;
  let best = reach * reach;
  for (let index = 0; index < points.length; index++) {
    const distance = (points[index].x - x) ** 2 + (points[index].y - y) ** 2;
    if (distance <= best) {
      best = distance;
      found = index;
    }
  }
  return found;
}
