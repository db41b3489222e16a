import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

// Layers point down only: pages > components > api > model. The model knows neither React nor the network.
const layer = (files, forbidden) => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns: forbidden.map((group) => ({ group: [group] })) }] },
});

export default ts.config(
  js.configs.recommended,
  ...ts.configs.recommended,
  { files: ["src/**/*.{ts,tsx}"], ...hooks.configs.flat["recommended-latest"] },
  {
    files: ["src/**/*.tsx"],
    rules: {
      "no-restricted-syntax": ["error", { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Text is escaped by React; keep it so." }],
      // The virtualiser's functions change on every render by design; the rule only reports that it skips such a component.
      "react-hooks/incompatible-library": "off",
    },
  },
  layer(["src/model/**"], ["react", "react-dom", "@tanstack/*", "uplot", "**/api/*", "**/components/*", "**/pages/*"]),
  layer(["src/api/**"], ["**/components/*", "**/pages/*"]),
  layer(["src/components/**"], ["**/pages/*"]),
);
