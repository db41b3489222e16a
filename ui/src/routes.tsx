import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { Shell } from "./components/Shell";
import { parseQuery, writeQuery } from "./model/address";
import { readFilters } from "./model/filters";
import { NotFoundPage } from "./pages/NotFoundPage";
import { SearchPage } from "./pages/SearchPage";
import { TracePage } from "./pages/TracePage";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/search", search: {}, replace: true });
  },
});

const search = createRoute({ getParentRoute: () => root, path: "/search", validateSearch: readFilters, component: SearchPage });

const trace = createRoute({
  getParentRoute: () => root,
  path: "/trace/$traceId",
  validateSearch: (query: Record<string, unknown>): { span?: string } => (typeof query.span === "string" ? { span: query.span } : {}),
  component: TracePage,
});

export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([home, search, trace]),
    parseSearch: parseQuery,
    stringifySearch: writeQuery,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
