import { testExamples } from "./docs-examples.ts";

testExamples("docs/settings.md", {
  examples: 6,
  entries: { "tiercel/profiles": "src/profiles/mod.ts", "tiercel/registry": "src/registry.ts" },
});
