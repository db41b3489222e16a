import type { Sort } from "./filters";
import { nsOf } from "./moment";

interface Sortable {
  start_time_unix_nano: string;
  duration_ns: number;
  span_count: number;
  error_count: number;
}

/** Largest first, newest first among equals. The server's order is by start; the others order what is loaded. */
export function sortTraces<T extends Sortable>(traces: T[], sort: Sort): T[] {
  if (sort === "start") return traces;
  const key = { duration: "duration_ns", spans: "span_count", errors: "error_count" } as const;
  return [...traces].sort((a, b) => b[key[sort]] - a[key[sort]] || (nsOf(b.start_time_unix_nano) > nsOf(a.start_time_unix_nano) ? 1 : -1));
}

/** Which services to name in a row: the root's first, the others by name, and how many more there are. */
export function namedServices(services: string[], root: string, most: number): { named: string[]; more: string[] } {
  const others = services.filter((service) => service !== root);
  const all = services.includes(root) ? [root, ...others] : others;
  return all.length <= most ? { named: all, more: [] } : { named: all.slice(0, most - 1), more: all.slice(most - 1) };
}

const CHIP_FRAME_PX = 31;
const CHIP_LETTER_PX = 6.3;
const MORE_CHIP_PX = 34;

/** As `namedServices`, and no more than have room beside each other (by an estimate of their width), but at least one. */
export function servicesThatFit(services: string[], root: string, most: number, width_px: number): { named: string[]; more: string[] } {
  const { named, more } = namedServices(services, root, most);
  const widths = named.map((service) => CHIP_FRAME_PX + CHIP_LETTER_PX * service.length);
  const fits = (count: number) => {
    const isAll = count === services.length;
    return widths.slice(0, count).reduce((sum, width) => sum + width, isAll ? 0 : MORE_CHIP_PX) <= width_px;
  };
  let count = named.length;
  while (count > 1 && !fits(count)) count--;
  return { named: named.slice(0, count), more: [...named.slice(count), ...more] };
}

/** Lengths of bars, 0..1: in proportion to the duration, the longest is 1. A bar that began elsewhere would make 36 ms look ten times 32 ms. */
export function durationScale(traces: { duration_ns: number }[]): (duration_ns: number) => number {
  const longest_ns = traces.reduce((longest, { duration_ns }) => Math.max(longest, duration_ns), 0);
  return (duration_ns) => (longest_ns > 0 ? Math.max(0, duration_ns) / longest_ns : 0);
}
