import { Link } from "@tanstack/react-router";
import type { OtlpLink } from "../../model/otlp";
import { AttributeTable } from "./AttributeTable";

export function LinkList({ links, traceId }: { links: OtlpLink[]; traceId: string }) {
  return (
    <ol className="links">
      {links.map((link, index) => {
        const isHere = link.traceId?.toLowerCase() === traceId;
        return (
          <li key={index}>
            <Link to="/trace/$traceId" params={{ traceId: link.traceId ?? "" }} search={link.spanId ? { span: link.spanId } : {}} className="mono link">
              {isHere ? "this trace" : link.traceId} / {link.spanId}
            </Link>
            {link.traceState && <p className="muted small-text mono">{link.traceState}</p>}
            <AttributeTable attributes={link.attributes} dropped={link.droppedAttributesCount} />
          </li>
        );
      })}
    </ol>
  );
}
