import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { Icon } from "../components/Icon";
import { Notice } from "../components/Notice";

/** What is shown when a page cannot be drawn: what went wrong, and the ways on. */
export function CrashPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Notice icon="error" tone="error" title="This page could not be shown" testId="crash-page">
      <p>{(error instanceof Error && error.message) || "The application met an error without a message."}</p>
      <div className="notice-actions">
        <button type="button" className="button primary" onClick={again}>
          <Icon name="reload" /> Try again
        </button>
        <Link to="/search" search={{}} className="button">
          To the search
        </Link>
      </div>
    </Notice>
  );
}
