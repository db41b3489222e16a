import { useEffect, useRef } from "react";
import type { Option } from "./Combobox";
import { ServiceDot } from "./ServiceChip";

interface OptionListProps {
  id: string;
  label: string;
  options: Option[];
  active: number;
  selected?: string;
  empty: string;
  anyLabel?: string;
  footer?: string;
  onChoose: (option: Option) => void;
}

/** The list under a box. The box keeps the focus; this only shows which option is meant. */
export function OptionList({ id, label, options, active, selected, empty, anyLabel, footer, onChoose }: OptionListProps) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // In braces: new browsers return a promise here, which an effect must not.
    void list.current?.querySelector("[data-active=true]")?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div className="popup">
      <ul ref={list} id={id} role="listbox" aria-label={label}>
        {options.map((option, index) => (
          <li
            key={`${option.value}\u0000${option.hint ?? ""}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={option.value === (selected ?? "")}
            data-active={index === active}
            // Before the box loses its focus, or the list would be gone before the click arrives.
            onPointerDown={(event) => {
              event.preventDefault();
              onChoose(option);
            }}
          >
            {option.colour && <ServiceDot colour={option.colour} />}
            <span className={option.value === "" && anyLabel ? "muted" : "option-name"}>{option.value === "" && anyLabel ? anyLabel : option.value}</span>
            {option.value !== "" && option.hint && <span className="option-hint">{option.hint}</span>}
          </li>
        ))}
        {options.length === 0 && <li className="muted popup-empty">{empty}</li>}
      </ul>
      {footer && <p className="popup-footer">{footer}</p>}
    </div>
  );
}
