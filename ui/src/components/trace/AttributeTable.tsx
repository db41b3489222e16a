import { Link } from "@tanstack/react-router";
import { Fragment, useState } from "react";
import type { KeyValue } from "../../model/otlp";
import { isSearchable, valueKind, valueText } from "../../model/value";
import { CopyButton } from "../CopyButton";
import { Icon } from "../Icon";

const LONG = 600;

/** Attributes by key. Each can be copied, and taken to the search page where search can find it. */
export function AttributeTable({ attributes, dropped = 0 }: { attributes: KeyValue[] | undefined; dropped?: number }) {
  const sorted = [...(attributes ?? [])].sort((a, b) => a.key.localeCompare(b.key));
  return (
    <>
      {sorted.length > 0 && (
        <dl className="attributes-table">
          {sorted.map((attribute, index) => (
            <Row key={`${attribute.key}/${index}`} attribute={attribute} />
          ))}
        </dl>
      )}
      {dropped > 0 && <p className="muted small-text">{dropped} more were dropped before they were sent.</p>}
    </>
  );
}

function Row({ attribute: { key, value } }: { attribute: KeyValue }) {
  const [isWhole, setWhole] = useState(false);
  const kind = valueKind(value);
  const text = valueText(value);
  const isCut = text.length > LONG && !isWhole;
  return (
    <div className="attribute">
      <dt title={key}>{breakable(key)}</dt>
      <dd title={kind} className={`value ${kind}`}>
        {kind === "empty" ? <span className="muted">empty</span> : text === "" ? <span className="muted">""</span> : isCut ? `${text.slice(0, LONG)}…` : text}
        {isCut && (
          <button type="button" className="text-button" onClick={() => setWhole(true)}>
            all {text.length.toLocaleString("en")} characters
          </button>
        )}
      </dd>
      <span className="attribute-actions">
        {isSearchable(value) && (
          // All time, so that this very trace is among them however old it is.
          <Link to="/search" search={{ attr: [`${key}=${text}`], start: "all" }} className="icon-button small" aria-label={`Find traces with ${key}=${text.slice(0, 80)}`} title="Find traces with this, of all time">
            <Icon name="search" size={12} />
          </Link>
        )}
        <CopyButton text={() => text} label={`Copy ${key}`} />
      </span>
    </div>
  );
}

/** Long keys break after their dots rather than within a word. */
function breakable(key: string) {
  return key.split(/(?<=[._])/).map((part, index) => (
    <Fragment key={index}>
      {part}
      <wbr />
    </Fragment>
  ));
}
