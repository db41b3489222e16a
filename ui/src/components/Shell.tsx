import { Link, Outlet } from "@tanstack/react-router";
import { useState } from "react";
import { HelpDialog } from "./HelpDialog";
import { Icon } from "./Icon";
import { useKeys } from "./keys";
import { Logo } from "./Logo";
import { useTheme } from "./theme";
import { TraceJump } from "./TraceJump";

/** What stays on every page: the header, the help, the way to a trace by its id. */
export function Shell() {
  const [isHelpOpen, setHelpOpen] = useState(false);
  useKeys({ "?": () => setHelpOpen(true) });
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="topbar">
        <Link to="/search" search={{}} className="brand" aria-label="Clew, to the search">
          <Logo /> <span>Clew</span>
        </Link>
        <nav aria-label="Main">
          <Link to="/search" className="nav-link" activeOptions={{ includeSearch: false }}>
            Search
          </Link>
          <Link to="/sampling" className="nav-link">
            Sampling
          </Link>
        </nav>
        <TraceJump />
        <ThemeButton />
        <button type="button" className="icon-button" aria-label="Keyboard help" title="Keyboard help (?)" onClick={() => setHelpOpen(true)}>
          <Icon name="help" size={16} />
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      {isHelpOpen && <HelpDialog onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

function ThemeButton() {
  const { choice, advance } = useTheme();
  const label = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" }[choice];
  const icon = { system: "system", light: "sun", dark: "moon" } as const;
  return (
    <button type="button" className="icon-button" data-testid="theme-toggle" aria-label={label} title={label} onClick={advance}>
      <Icon name={icon[choice]} size={16} />
    </button>
  );
}
