import { type KeyboardEvent, useId, useState } from "react";
import { Icon } from "./Icon";
import { OptionList } from "./OptionList";

export interface Option {
  value: string;
  hint?: string;
  colour?: string;
}

interface ComboboxProps {
  label: string;
  /** Shown, and offered first, when nothing is chosen. */
  anyLabel: string;
  value: string | undefined;
  options: Option[];
  onChange: (value: string | undefined) => void;
  disabled?: boolean;
  testId: string;
}

/** Choose one from a list by typing a part of its name. */
export function Combobox({ label, anyLabel, value, options, onChange, disabled = false, testId }: ComboboxProps) {
  const [typed, setTyped] = useState<string>();
  const [active, setActive] = useState(0);
  const id = useId();
  const isOpen = typed !== undefined;
  const shown: Option[] = isOpen ? matching(options, typed, anyLabel) : [];
  const close = () => setTyped(undefined);
  const open = () => {
    setTyped("");
    setActive(0);
  };
  const choose = (option: Option | undefined) => {
    if (!option) return;
    onChange(option.value === "" ? undefined : option.value);
    close();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) return open();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((active + step + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      choose(shown[active]);
    } else if (event.key === "Escape") {
      if (isOpen) close();
      else (event.target as HTMLElement).blur();
    }
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="combobox">
        <input
          id={id}
          data-testid={testId}
          className="input"
          role="combobox"
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && shown.length > 0 ? `${id}-list-${active}` : undefined}
          autoComplete="off"
          spellCheck={false}
          disabled={disabled}
          placeholder={isOpen && value ? value : anyLabel}
          value={typed ?? value ?? ""}
          onFocus={open}
          onClick={() => !isOpen && open()}
          onBlur={close}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
        {value && !isOpen ? (
          <button type="button" className="icon-button small in-input" aria-label={`Clear ${label.toLowerCase()}`} onClick={() => onChange(undefined)}>
            <Icon name="close" size={11} />
          </button>
        ) : (
          <span className="in-input muted">
            <Icon name="down" size={12} />
          </span>
        )}
        {isOpen && <OptionList id={`${id}-list`} label={label} options={shown} active={active} selected={value} empty="Nothing matches." anyLabel={anyLabel} onChoose={choose} />}
      </div>
    </div>
  );
}

function matching(options: Option[], typed: string, anyLabel: string): Option[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return [{ value: "", hint: anyLabel }, ...options];
  const found = options.filter((option) => option.value.toLowerCase().includes(wanted));
  const rank = (option: Option) => (option.value.toLowerCase() === wanted ? 0 : option.value.toLowerCase().startsWith(wanted) ? 1 : 2);
  return found.sort((a, b) => rank(a) - rank(b));
}
