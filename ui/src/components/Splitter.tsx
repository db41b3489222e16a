import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { recall, remember } from "./memory";

/** A width that a person can change and the browser remembers. */
export function useWidth(name: string, usual: number, min: number, max: number): [width: number, setWidth: (width: number) => void] {
  const [width, setWidth] = useState(() => recall(name, usual));
  const set = (next: number) => {
    const clamped = Math.round(Math.min(max, Math.max(min, next)));
    setWidth(clamped);
    remember(name, clamped);
  };
  return [Math.min(max, Math.max(min, width)), set];
}

interface SplitterProps {
  label: string;
  width: number;
  onWidth: (width: number) => void;
  /** Which side of the handle the width belongs to. */
  side: "left" | "right";
}

export function Splitter({ label, width, onWidth, side }: SplitterProps) {
  const drag = useRef<{ x: number; width: number } | null>(null);
  const sign = side === "left" ? 1 : -1;
  const onPointerDown = (event: PointerEvent) => {
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, width };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (drag.current) onWidth(drag.current.width + sign * (event.clientX - drag.current.x));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(width + sign * (event.key === "ArrowRight" ? 24 : -24));
  };
  return (
    <div
      className="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => (drag.current = null)}
      onKeyDown={onKeyDown}
    />
  );
}
