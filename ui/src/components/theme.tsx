import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Theme } from "../model/colour";
import { recall, remember } from "./memory";

export type ThemeChoice = "system" | Theme;
const NEXT: Record<ThemeChoice, ThemeChoice> = { system: "light", light: "dark", dark: "system" };

interface ThemeState {
  choice: ThemeChoice;
  /** What is on screen now. */
  theme: Theme;
  advance: () => void;
}

const ThemeContext = createContext<ThemeState>({ choice: "system", theme: "light", advance: () => {} });

/** Asked late, so that the routes can be loaded where there is no window. */
const systemDark = () => window.matchMedia("(prefers-color-scheme: dark)");

function watchSystem(notify: () => void): () => void {
  const asked = systemDark();
  asked.addEventListener("change", notify);
  return () => asked.removeEventListener("change", notify);
}

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState<ThemeChoice>(() => recall<ThemeChoice>("theme", "system"));
  const isSystemDark = useSyncExternalStore(watchSystem, () => systemDark().matches);
  const theme: Theme = choice === "system" ? (isSystemDark ? "dark" : "light") : choice;
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    remember("theme", choice);
  }, [theme, choice]);
  const state = useMemo(() => ({ choice, theme, advance: () => setChoice(NEXT[choice]) }), [choice, theme]);
  return <ThemeContext value={state}>{children}</ThemeContext>;
}

export function useTheme(): ThemeState {
  return useContext(ThemeContext);
}
