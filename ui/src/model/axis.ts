/** The part of a trace that is shown, in ns from its origin. */
export interface View {
  from_ns: number;
  to_ns: number;
}

export function fullView(length_ns: number): View {
  return { from_ns: 0, to_ns: Math.max(length_ns, 1) };
}

export function isFull(view: View, length_ns: number): boolean {
  return view.from_ns <= 0 && view.to_ns >= Math.max(length_ns, 1);
}

/** Keeps a view inside the trace and at least 10 ns wide, or the whole trace when that is shorter. */
export function clampView(view: View, length_ns: number): View {
  const whole = Math.max(length_ns, 1);
  const width = Math.min(whole, Math.max(10, view.to_ns - view.from_ns));
  const from_ns = Math.min(Math.max(0, view.from_ns), whole - width);
  return { from_ns, to_ns: from_ns + width };
}

/** Zooms by a factor (< 1 is closer) around a point that stays where it is. */
export function zoomAround(view: View, at_ns: number, factor: number, length_ns: number): View {
  return clampView({ from_ns: at_ns - (at_ns - view.from_ns) * factor, to_ns: at_ns + (view.to_ns - at_ns) * factor }, length_ns);
}

export function pan(view: View, by_ns: number, length_ns: number): View {
  return clampView({ from_ns: view.from_ns + by_ns, to_ns: view.to_ns + by_ns }, length_ns);
}

/** Round steps (1, 2, 5 × 10ⁿ) with about `wanted` of them in the view. */
export function ticks(view: View, wanted: number): number[] {
  const width = view.to_ns - view.from_ns;
  const rough = width / Math.max(1, wanted);
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= rough * 0.999)!;
  const found: number[] = [];
  for (let index = Math.ceil(view.from_ns / step); index * step <= view.to_ns; index++) found.push(index * step);
  return found;
}

/** Where a time lies in the view: 0 at its left edge, 1 at its right one; clamped a little outside, as bars may begin far away. */
export function position(view: View, time_ns: number): number {
  return Math.min(1.02, Math.max(-0.02, (time_ns - view.from_ns) / (view.to_ns - view.from_ns)));
}

const UNITS: [size: number, unit: string][] = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
  [1, "ns"],
];

/** Labels that differ from tick to tick however far one zooms in: the unit fits the value, the digits fit the step. */
export function formatTick(time_ns: number, step_ns: number): string {
  if (time_ns === 0) return "0";
  const [size, unit] = UNITS.find(([ns]) => Math.abs(time_ns) >= ns) ?? UNITS[3];
  const digits = Math.max(0, Math.ceil(Math.log10(size / step_ns) - 1e-9));
  return `${Number((time_ns / size).toFixed(Math.min(digits, 9)))} ${unit}`;
}
