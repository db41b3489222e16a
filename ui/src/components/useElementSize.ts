import { type RefObject, useEffect, useRef, useState } from "react";

/** Follows the inner size of an element in CSS pixels; 0 before it is measured. */
export function useElementSize(): [element: RefObject<HTMLDivElement | null>, width: number, height: number] {
  const element = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      setSize({ width: Math.floor(entry.contentRect.width), height: Math.floor(entry.contentRect.height) });
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, size.width, size.height];
}
