export type Theme = "light" | "dark";

/** Hues in OKLCH, all far enough from red (about 27), which is kept for errors. */
const HUES = [55, 92, 140, 172, 210, 245, 280, 312, 348];
const TONES: Record<Theme, [lightness: number, chroma: number][]> = {
  light: [[0.62, 0.14], [0.45, 0.1], [0.76, 0.12], [0.55, 0.05]],
  dark: [[0.74, 0.13], [0.58, 0.12], [0.86, 0.08], [0.66, 0.05]],
};
/** From a taken hue to the next try: far round the circle, and reaching every hue before it comes back. */
const STRIDE = 4;

export const SLOT_COUNT = HUES.length * TONES.light.length;

/** FNV-1a: the same name gets the same colour on every machine. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/**
 * A colour slot for each service. The hash decides; where two fall together, the later name (by alphabet) takes the next
 * free hue, so up to 36 services on one page differ.
 */
export function assignSlots(names: Iterable<string>): Map<string, number> {
  const slots = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of [...new Set(names)].sort()) {
    if (taken.size === SLOT_COUNT) taken.clear();
    let slot = hashName(name) % HUES.length;
    for (let tries = 1; taken.has(slot); tries++) {
      const hue = (slot + STRIDE) % HUES.length;
      slot = hue + HUES.length * Math.floor(tries / HUES.length);
    }
    taken.add(slot);
    slots.set(name, slot);
  }
  return slots;
}

export function slotColour(slot: number, theme: Theme): string {
  const [lightness, chroma] = TONES[theme][Math.floor(slot / HUES.length) % TONES.light.length];
  return `oklch(${lightness} ${chroma} ${HUES[slot % HUES.length]})`;
}

/** For canvases, which can't read CSS variables. */
export const CANVAS_COLOURS: Record<Theme, { error: string; accent: string; text: string; grid: string; muted: string }> = {
  light: { error: "#d0212b", accent: "#2a6fb0", text: "#4c5561", grid: "#e7eaee", muted: "#98a1ad" },
  dark: { error: "#ff6166", accent: "#6cb2f0", text: "#a6b0bd", grid: "#242a33", muted: "#667080" },
};
