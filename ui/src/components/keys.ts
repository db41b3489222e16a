import { useEffect, useRef } from "react";

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Is this key the element's own (Enter and Space on a button or link)? */
function isElementsOwn(event: KeyboardEvent): boolean {
  const own = event.key === "Enter" || event.key === " ";
  return own && event.target instanceof HTMLElement && event.target.closest("button, a, summary, [role=separator]") !== null;
}

/** Single-key commands of a page: silent while someone types, in dialogs, and with Ctrl, Alt or Cmd held. */
export function useKeys(keys: KeyMap): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || isElementsOwn(event) || document.querySelector("dialog[open]")) return;
      const act = current.current[event.key];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
