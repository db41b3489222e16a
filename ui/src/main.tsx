import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { worthRetrying } from "./api/queries";
import { ThemeProvider } from "./components/theme";
import { makeRouter } from "./routes";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/search.css";
import "./styles/trace.css";
import "./styles/detail.css";
import "./styles/sampling.css";

const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: worthRetrying, retryDelay: 700, refetchOnWindowFocus: false } },
});

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <ThemeProvider>
        <RouterProvider router={makeRouter()} />
      </ThemeProvider>
    </QueryClientProvider>
  </StrictMode>,
);
