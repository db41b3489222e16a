import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { StrategyVersion } from "../../api/sampling";

/** Changes what is in force, and reads everything on this page again: also when it failed, for somebody else may have been faster. */
export function useStrategyChange<T>(change: (input: T) => Promise<StrategyVersion>) {
  const queryClient = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => queryClient.invalidateQueries({ queryKey: ["sampling"] }) });
}
