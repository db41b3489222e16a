/** Small choices of this browser (theme, column widths). Storage may be forbidden; then they last as long as the page. */

export function recall<T>(name: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`clew.${name}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(`clew.${name}`, JSON.stringify(value));
  } catch {
    // Private windows and full storage: forgetting is fine.
  }
}
