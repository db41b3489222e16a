import { useEffect, useRef } from "react";
import { Icon } from "./Icon";

const GROUPS: [title: string, keys: [keys: string, meaning: string][]][] = [
  [
    "Everywhere",
    [
      ["/", "to the search box of the page"],
      ["?", "this help"],
      ["Esc", "close, or leave a box"],
    ],
  ],
  [
    "Search",
    [
      ["j k ↓ ↑", "next, previous trace"],
      ["Enter", "open the trace"],
      ["r", "search again, now"],
    ],
  ],
  [
    "Trace",
    [
      ["j k ↓ ↑", "next, previous span"],
      ["← →", "close, open the span's children"],
      ["Enter", "details of the span"],
      ["n N", "next, previous match"],
      ["e E", "next, previous error, from where they began"],
      ["c x", "close all, open all"],
      ["[ ]", "one level less, more"],
      ["z 0", "zoom to the span, whole trace"],
      ["+ −", "zoom in, out (or Ctrl and wheel)"],
      ["h l", "move the view left, right"],
    ],
  ],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="help" aria-label="Keyboard help" onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      <div className="help-inner">
        <header>
          <h2>Keyboard</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div className="help-groups">
          {GROUPS.map(([title, keys]) => (
            <section key={title}>
              <h3>{title}</h3>
              <dl>
                {keys.map(([key, meaning]) => (
                  <div key={key}>
                    <dt>
                      {key.split(" ").map((one) => (
                        <kbd key={one}>{one}</kbd>
                      ))}
                    </dt>
                    <dd>{meaning}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <p className="muted">
          In a bar, the strong part is the span's own time and the pale part is time inside its children. Drag over the overview or the time ruler to zoom.
        </p>
      </div>
    </dialog>
  );
}
