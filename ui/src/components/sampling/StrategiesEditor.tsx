import { type FormEvent, useId, useState } from "react";
import { putStrategies, removeStrategies, type StrategyVersion } from "../../api/sampling";
import { EXAMPLE, parseStrategies, writeStrategies } from "../../model/strategies";
import { recall, remember } from "../memory";
import { useStrategyChange } from "./useStrategyChange";

const WHO = "who";

/** The strategies as text; nothing is in force before it is saved. */
export function StrategiesEditor({ inForce, hasFile }: { inForce: StrategyVersion | null; hasFile: boolean }) {
  const strategies = inForce?.strategies ?? null;
  const before = strategies === null ? "" : writeStrategies(strategies);
  const [text, setText] = useState(before);
  const [who, setWho] = useState(() => recall(WHO, ""));
  const [problem, setProblem] = useState<string>();
  const saving = useStrategyChange(putStrategies);
  const removing = useStrategyChange(removeStrategies);
  const id = useId();
  const told = problem ?? saving.error?.message ?? removing.error?.message;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = parseStrategies(text);
    setProblem("problem" in parsed ? parsed.problem : undefined);
    if ("problem" in parsed) return;
    remember(WHO, who);
    saving.mutate({ strategies: parsed.strategies, if_version: inForce?.version ?? 0, who });
  };
  return (
    <form className="strategies-editor" onSubmit={submit} aria-label="Sampling strategies">
      <div className="field">
        <label htmlFor={`${id}-text`}>{label(strategies !== null, hasFile)}</label>
        <textarea
          id={`${id}-text`}
          data-testid="strategies-text"
          className="input mono"
          rows={14}
          spellCheck={false}
          value={text}
          aria-invalid={told !== undefined}
          aria-describedby={`${id}-problem`}
          onChange={(event) => setText(event.target.value)}
        />
        <p id={`${id}-problem`} className="complaint" role="alert" data-testid="strategies-problem">
          {told}
        </p>
      </div>
      <div className="form-row">
        <div className="field">
          <label htmlFor={`${id}-who`}>Who you are</label>
          <input id={`${id}-who`} data-testid="strategies-who" className="input" value={who} placeholder="for the history" onChange={(event) => setWho(event.target.value)} />
        </div>
        <button type="submit" className="button primary" data-testid="strategies-save" disabled={text === before || saving.isPending}>
          Put in force
        </button>
        {text === "" && (
          <button type="button" className="button" data-testid="strategies-example" onClick={() => setText(writeStrategies(EXAMPLE))}>
            Start from an example
          </button>
        )}
        {text !== before && text !== "" && (
          <button type="button" className="button" onClick={() => setText(before)}>
            Undo
          </button>
        )}
        {strategies !== null && (
          <button type="button" className="button danger" data-testid="strategies-remove" disabled={removing.isPending} onClick={() => removing.mutate(who)}>
            Remove
          </button>
        )}
      </div>
    </form>
  );
}

function label(isSet: boolean, hasFile: boolean): string {
  if (isSet) return hasFile ? "Set here, before the file" : "In force";
  return hasFile ? "Nothing is set here, the file holds" : "Nothing is set here";
}
