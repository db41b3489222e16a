import { createRootRoute, createRoute, createRouter, redirect, type RouterHistory } from "@tanstack/react-router";
import { Shell } from "./components/Shell";
import { parseQuery, readSpanRef, writeQuery } from "./model/address";
import { readFilters, withEveryKey } from "./model/filters";
import { CrashPage } from "./pages/CrashPage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { SamplingPage } from "./pages/SamplingPage";
import { SearchPage } from "./pages/SearchPage";
import { TracePage } from "./pages/TracePage";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage, errorComponent: CrashPage });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/search", search: {}, replace: true });
  },
});

// The router lays what is validated over the raw address: a key that is only left out would keep its raw, wrong value.
const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  validateSearch: (query: Record<string, unknown>) => withEveryKey(readFilters(query)),
  component: SearchPage,
});

const trace = createRoute({
  getParentRoute: () => root,
  path: "/trace/$traceId",
  validateSearch: (query: Record<string, unknown>): { span?: string } => ({ span: readSpanRef(query.span) }),
  component: TracePage,
});

const sampling = createRoute({ getParentRoute: () => root, path: "/sampling", component: SamplingPage });

export function makeRouter(history?: RouterHistory) {
  return createRouter({
    history,
    routeTree: root.addChildren([home, search, trace, sampling]),
    parseSearch: parseQuery,
    stringifySearch: writeQuery,
    defaultErrorComponent: CrashPage,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
