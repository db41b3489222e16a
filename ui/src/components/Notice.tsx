import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { Icon, type IconName } from "./Icon";

interface NoticeProps {
  icon: IconName;
  title: string;
  tone?: "plain" | "error";
  children?: ReactNode;
  testId?: string;
}

/** A page or panel that has nothing to draw says why, and what to do. */
export function Notice({ icon, title, tone = "plain", children, testId }: NoticeProps) {
  return (
    <div className={`notice ${tone}`} role={tone === "error" ? "alert" : "status"} data-testid={testId}>
      <Icon name={icon} size={22} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function ErrorNotice({ error, what, onRetry }: { error: Error; what: string; onRetry: () => void }) {
  const isSilent = error instanceof ApiError && error.status === 0;
  return (
    <Notice icon="error" tone="error" title={what} testId="error-notice">
      <p>{error.message}</p>
      {isSilent && (
        <p className="muted">
          Is <code>clew up</code> running? Look at its terminal, then try again.
        </p>
      )}
      <button type="button" className="button" onClick={onRetry}>
        <Icon name="reload" /> Try again
      </button>
    </Notice>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" /> {what}
    </div>
  );
}
