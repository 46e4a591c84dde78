import { testExamples } from "./docs-examples.ts";

testExamples("docs/observing.md", {
  examples: 6,
  entries: { "tiercel/observe": "src/observe/mod.ts", "tiercel/prometheus": "src/observe/prometheus.ts" },
});
