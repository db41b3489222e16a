import type { Ref } from "react";
import { isFull } from "../../model/axis";
import type { Trace } from "../../model/trace";
import { Icon } from "../Icon";
import type { TraceView } from "./useTraceView";

interface TraceToolbarProps {
  trace: Trace;
  state: TraceView;
  searchBox: Ref<HTMLInputElement>;
  onJump: (node: number | undefined) => void;
}

export function TraceToolbar({ trace, state, searchBox, onJump }: TraceToolbarProps) {
  const { query, matches } = state;
  const place = state.cursor === undefined ? -1 : matches.indexOf(state.cursor);
  const said = query.trim() === "" ? "" : matches.length === 0 ? "no match" : place >= 0 ? `${place + 1} of ${matches.length}` : `${matches.length} found`;
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
          value={query}
          onChange={(event) => state.setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onJump(state.goToMatch(event.shiftKey ? -1 : 1));
            if (event.key === "Escape") {
              if (query) state.setQuery("");
              else event.currentTarget.blur();
            }
          }}
        />
        <span className="find-count" aria-live="polite">
          {said}
        </span>
        <button type="button" className="icon-button small" aria-label="Previous match" title="Previous match (N)" disabled={matches.length === 0} onClick={() => onJump(state.goToMatch(-1))}>
          <Icon name="up" />
        </button>
        <button type="button" className="icon-button small" aria-label="Next match" title="Next match (n)" disabled={matches.length === 0} onClick={() => onJump(state.goToMatch(1))}>
          <Icon name="down" />
        </button>
      </div>
      {trace.errorCount > 0 && (
        <button type="button" className="button danger" data-testid="next-error" title="Next error (e): first where the errors began, then those that followed" onClick={() => onJump(state.goToError(1))}>
          <Icon name="error" /> Next error
        </button>
      )}
      <span className="toolbar-gap" />
      {!isFull(state.view, trace.length_ns) && (
        <button type="button" className="button" title="Whole trace (0)" data-testid="zoom-reset" onClick={state.resetView}>
          <Icon name="close" size={11} /> Zoom
        </button>
      )}
      <div className="segments" role="group" aria-label="Tree">
        <button type="button" title="Close all (c)" data-testid="collapse-all" onClick={state.closeAll}>
          Close all
        </button>
        <button type="button" title="One level less ([)" aria-label="One level less" onClick={() => state.changeLevel(-1)}>
          −
        </button>
        <button type="button" title="One level more (])" aria-label="One level more" onClick={() => state.changeLevel(1)}>
          +
        </button>
        <button type="button" title="Open all (x)" data-testid="expand-all" onClick={state.openAll}>
          Open all
        </button>
      </div>
    </div>
  );
}
