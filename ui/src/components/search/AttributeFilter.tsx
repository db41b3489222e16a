import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { type AttributeKey, attributeKeysQuery, attributeValuesQuery } from "../../api/queries";
import { isAttribute } from "../../model/filters";
import type { Option } from "../Combobox";
import { Icon } from "../Icon";
import { OptionList } from "../OptionList";

interface AttributeFilterProps {
  chosen: string[];
  onChange: (chosen: string[]) => void;
  /** What is typed and not yet a chip; the form takes it along when it is submitted. */
  text: string;
  onText: (text: string) => void;
  /** Someone tried to search with a text that is no `key=value`. */
  isHalfTyped: boolean;
}

/** Chips of `key=value`, with completion first of the key, then of its values. */
export function AttributeFilter({ chosen, onChange, text, onText, isHalfTyped }: AttributeFilterProps) {
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState<number>();
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const { options, isKey, isLoading } = useCompletion(text, isOpen);
  // A half-typed key means its first completion; a half-typed value may be all there is to it.
  const meant = active ?? (isKey && text !== "" ? 0 : -1);

  const type = (next: string) => {
    onText(next);
    setActive(undefined);
    setOpen(true);
  };
  const add = (attribute: string) => {
    if (!chosen.includes(attribute)) onChange([...chosen, attribute]);
    type("");
  };
  const choose = (option: Option) => (isKey ? type(`${option.value}=`) : add(`${text.slice(0, text.indexOf("="))}=${option.value}`));
  const remove = (index: number) => {
    onChange(chosen.filter((_, other) => other !== index));
    input.current?.focus();
  };
  const edit = (index: number) => {
    const attribute = chosen[index];
    remove(index);
    type(attribute);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const option = options[meant];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (options.length > 0) setActive((meant + step + options.length) % options.length);
    } else if (event.key === "Enter" && isOpen && option) {
      event.preventDefault();
      choose(option);
    } else if (event.key === "Enter" && isAttribute(text)) {
      event.preventDefault();
      add(text.trimStart());
    } else if (event.key === "Enter") {
      // The form is submitted and says what is missing; the empty list must not hide that.
      setOpen(false);
    } else if (event.key === "Tab" && !event.shiftKey && text !== "" && options.length > 0) {
      event.preventDefault();
      choose(option ?? options[0]);
    } else if (event.key === "Backspace" && text === "" && chosen.length > 0) {
      event.preventDefault();
      edit(chosen.length - 1);
    } else if (event.key === "Escape") {
      if (isOpen && options.length > 0) setOpen(false);
      else input.current?.blur();
    }
  };

  return (
    <div className="field attributes">
      <label htmlFor={id}>Attributes</label>
      <div className="chips-box" onPointerDown={(event) => event.target === event.currentTarget && (event.preventDefault(), input.current?.focus())}>
        {chosen.map((attribute, index) => (
          <span className="filter-chip mono" key={attribute} data-testid="attribute-chip">
            <button type="button" className="chip-text" title={`${attribute}\nClick to change`} onClick={() => edit(index)}>
              <AttributeText attribute={attribute} />
            </button>
            <button type="button" className="chip-remove" aria-label={`Remove ${attribute}`} onClick={() => remove(index)}>
              <Icon name="close" size={9} />
            </button>
          </span>
        ))}
        <input
          ref={input}
          id={id}
          data-testid="attribute-input"
          className="chips-input mono"
          role="combobox"
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && meant >= 0 && meant < options.length ? `${id}-list-${meant}` : undefined}
          aria-invalid={isHalfTyped}
          aria-describedby={isHalfTyped ? `${id}-hint` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={chosen.length === 0 ? "http.route=/checkout" : ""}
          value={text}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {isOpen && (
          <OptionList
            id={`${id}-list`}
            label={isKey ? "Attribute keys" : "Values"}
            options={options}
            active={meant}
            empty={isLoading ? "Looking…" : isKey ? "No such key stored yet." : "No such value stored yet. Enter takes it as it is."}
            footer={isKey ? "Enter or Tab completes the key" : "Enter adds what is typed, Tab or a click the completion"}
            onChoose={choose}
          />
        )}
      </div>
      {isHalfTyped && !isOpen && (
        <span id={`${id}-hint`} className="field-hint" role="alert" data-testid="attribute-hint">
          Not searched yet: write key=value, such as http.route=/checkout
        </span>
      )}
    </div>
  );
}

function AttributeText({ attribute }: { attribute: string }) {
  const split = attribute.indexOf("=");
  return (
    <>
      <span className="chip-key">{attribute.slice(0, split)}</span>
      <span className="chip-equals">=</span>
      {attribute.slice(split + 1)}
    </>
  );
}

const FINDABLE_KINDS = ["string", "int", "bool", "double"];

/** Lists, maps and bytes cannot be written as `key=value`. */
function isFindable({ kinds }: AttributeKey): boolean {
  return kinds.some((kind) => FINDABLE_KINDS.includes(kind));
}

function useCompletion(text: string, isOpen: boolean): { options: Option[]; isKey: boolean; isLoading: boolean } {
  const split = text.indexOf("=");
  const isKey = split < 0;
  const keys = useQuery(attributeKeysQuery(text.trim(), isOpen && isKey));
  const values = useQuery(attributeValuesQuery(text.slice(0, split), text.slice(split + 1), isOpen && !isKey));
  if (isKey) {
    const options = (keys.data ?? []).filter(isFindable).map(({ key, levels, kinds }) => ({ value: key, hint: `${levels.join(", ")} · ${kinds.join(", ")}` }));
    return { options, isKey, isLoading: keys.isLoading };
  }
  const options = (values.data ?? []).map(({ value, kind, count }) => ({ value, hint: `${kind} · ${count.toLocaleString("en")}` }));
  return { options, isKey, isLoading: values.isLoading };
}
