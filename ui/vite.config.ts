import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/clew/api/static",
    emptyOutDir: true,
    target: "es2023",
    chunkSizeWarningLimit: 700,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": process.env.CLEW_URL ?? "http://127.0.0.1:16686" },
  },
  test: { include: ["src/**/*.test.ts"] },
});
