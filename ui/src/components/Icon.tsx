const PATHS = {
  search: "M7 12.200A5.200 5.200 0 1 0 7 1.800a5.200 5.200 0 0 0 0 10.400ZM10.800 10.800 14.500 14.500",
  close: "M3.500 3.500l9 9M12.500 3.500l-9 9",
  copy: "M5.500 5.500V3a1 1 0 0 1 1-1H13a1 1 0 0 1 1 1v6.500a1 1 0 0 1-1 1h-2.500M3 5.500h6.500a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V6.500a1 1 0 0 1 1-1Z",
  check: "M3 8.500 6.500 12 13 4.500",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13.500 9.800A6 6 0 0 1 6.200 2.500a6 6 0 1 0 7.300 7.300Z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  help: "M5.700 6a2.300 2.300 0 1 1 3.300 2.100c-.7.4-1 .8-1 1.600M8 12.200v.1",
  chevron: "M6 4l4 4-4 4",
  down: "M4 6l4 4 4-4",
  error: "M8 4.500v4M8 11.200v.1M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13Z",
  download: "M8 2v8M4.500 7 8 10.500 11.500 7M2.500 13.500h11",
  link: "M6.500 9.500l3-3M7 4.500l1.300-1.300a2.800 2.800 0 0 1 4 4L11 8.500M9 11.500l-1.300 1.300a2.800 2.800 0 0 1-4-4L5 7.500",
  reload: "M13 8a5 5 0 1 1-1.500-3.500L13 6M13 2.500V6H9.500",
  logs: "M2.500 4h11M2.500 8h11M2.500 12h7",
  loop: "M3 8a5 5 0 0 1 9-3M13 8a5 5 0 0 1-9 3M12 2v3H9M4 14v-3h3",
  unknown: "M3 3h2M7 3h2M11 3h2M3 13h2M7 13h2M11 13h2M3 6v1M3 9v1M13 6v1M13 9v1",
  clock: "M8 4.500V8l2.500 1.500M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12Z",
  up: "M4 10l4-4 4 4",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration only: what it means is always said by text or a label next to it. */
export function Icon({ name, size = 14 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
