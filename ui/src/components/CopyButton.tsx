import { useEffect, useState } from "react";
import { Icon, type IconName } from "./Icon";

interface CopyButtonProps {
  text: () => string;
  label: string;
  icon?: IconName;
  /** Shows the label as text next to the icon. */
  wide?: boolean;
  testId?: string;
}

export function CopyButton({ text, label, icon = "copy", wide = false, testId }: CopyButtonProps) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 1500);
    return () => clearTimeout(timer);
  }, [state]);
  const said = { idle: label, copied: "Copied", failed: "Could not copy" }[state];
  const copy = (event: React.MouseEvent) => {
    event.stopPropagation();
    copyText(text()).then(
      () => setState("copied"),
      () => setState("failed"),
    );
  };
  return (
    <button type="button" className={wide ? "button" : "icon-button small"} aria-label={wide ? undefined : said} title={said} data-testid={testId} onClick={copy}>
      <Icon name={state === "copied" ? "check" : state === "failed" ? "error" : icon} size={wide ? 14 : 12} />
      {wide && <span aria-live="polite">{said}</span>}
    </button>
  );
}

/** The clipboard exists only on https and localhost; over plain http a hidden text area still works. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("the browser refused to copy");
}
