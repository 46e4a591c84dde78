import { testExamples } from "./docs-examples.ts";

testExamples("docs/http.md", {
  examples: 4,
  claiming: 2,
  entries: { "tiercel/http": "src/http/mod.ts", "tiercel/hono": "adapters/hono/mod.ts" },
});
