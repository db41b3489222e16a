import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { readTraceReference } from "../model/traceReference";

/** The box in the header: paste an id, a `traceparent` or a link, press Enter. */
export function TraceJump() {
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);
  const navigate = useNavigate();
  const messageId = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const reference = readTraceReference(text);
    setWrong(reference === undefined && text.trim() !== "");
    if (!reference) return;
    setText("");
    (document.activeElement as HTMLElement | null)?.blur();
    void navigate({ to: "/trace/$traceId", params: { traceId: reference.traceId }, search: reference.spanId ? { span: reference.spanId } : {} });
  };
  return (
    <form className="jump" role="search" onSubmit={submit}>
      <input
        data-testid="trace-jump"
        className="input mono"
        placeholder="Go to trace id or traceparent"
        aria-label="Go to a trace: id, traceparent or link"
        aria-invalid={isWrong}
        aria-describedby={isWrong ? messageId : undefined}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setWrong(false);
        }}
      />
      {isWrong && (
        <p id={messageId} className="jump-error" role="alert">
          No trace id in this. It has 32 hexadecimal digits.
        </p>
      )}
    </form>
  );
}
