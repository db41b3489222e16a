import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { servicesQuery } from "../api/queries";
import { assignSlots, hashName, SLOT_COUNT, slotColour } from "../model/colour";
import { useTheme } from "./theme";

export type ColourOf = (service: string) => string;

/**
 * Colours for all services the server knows, so that one service has one colour on every page. `also` are those on the
 * page; they count only when the server's list lacks them.
 */
export function useServiceColours(also: readonly string[]): ColourOf {
  const { data } = useQuery(servicesQuery);
  const { theme } = useTheme();
  const names = [...new Set([...(data ?? []).map((service) => service.name), ...also])].sort().join("\u0000");
  return useMemo(() => {
    const slots = assignSlots(names.split("\u0000"));
    return (service: string) => slotColour(slots.get(service) ?? hashName(service) % SLOT_COUNT, theme);
  }, [names, theme]);
}
