import type { Ref } from "react";
import { Icon } from "../Icon";
import type { Hits } from "./useHits";

interface LargeToolbarProps {
  typed: string;
  /** Undefined when nothing is searched. */
  hits: Hits | undefined;
  searchBox: Ref<HTMLInputElement>;
  hasErrors: boolean;
  isZoomed: boolean;
  onType: (typed: string) => void;
  onStep: (by: 1 | -1) => void;
  onError: () => void;
  onReset: () => void;
  onCloseAll: () => void;
}

export function LargeToolbar({ typed, hits, searchBox, hasErrors, isZoomed, onType, onStep, onError, onReset, onCloseAll }: LargeToolbarProps) {
  return (
    <div className="toolbar" role="toolbar" aria-label="Trace view">
      <div className="find">
        <Icon name="search" />
        <input
          ref={searchBox}
          data-testid="span-search"
          className="input"
          placeholder="Find in trace: name, service, key=value, id"
          aria-label="Find in this trace"
          spellCheck={false}
          value={typed}
          onChange={(event) => onType(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onStep(event.shiftKey ? -1 : 1);
            if (event.key === "Escape") {
              if (typed) onType("");
              else event.currentTarget.blur();
            }
          }}
        />
        <span className="find-count" aria-live="polite" data-testid="find-count">
          {said(hits)}
        </span>
        <button type="button" className="icon-button small" aria-label="Previous match" title="Previous match (N)" disabled={!hits?.total} onClick={() => onStep(-1)}>
          <Icon name="up" />
        </button>
        <button type="button" className="icon-button small" aria-label="Next match" title="Next match (n)" disabled={!hits?.total} onClick={() => onStep(1)}>
          <Icon name="down" />
        </button>
      </div>
      {hasErrors && (
        <button type="button" className="button danger" data-testid="next-error" title="Next error (e)" onClick={onError}>
          <Icon name="error" /> Next error
        </button>
      )}
      <span className="muted">Large trace: read as you open it</span>
      <span className="toolbar-gap" />
      {isZoomed && (
        <button type="button" className="button" title="Whole trace (0)" data-testid="zoom-reset" onClick={onReset}>
          <Icon name="close" size={11} /> Zoom
        </button>
      )}
      <div className="segments" role="group" aria-label="Tree">
        <button type="button" title="Close all (c)" data-testid="collapse-all" onClick={onCloseAll}>
          Close all
        </button>
      </div>
    </div>
  );
}

function said(hits: Hits | undefined): string {
  if (!hits?.isRead) return "";
  if (hits.total === 0) return "no match";
  const total = hits.total.toLocaleString("en");
  return hits.place >= 0 ? `${(hits.place + 1).toLocaleString("en")} of ${total}` : `${total} found`;
}
