import { testExamples } from "./docs-examples.ts";

testExamples("docs/streams.md", {
  examples: 5,
  entries: { "tiercel/encryption": "src/bytes/encryption/mod.ts", "tiercel/streams": "src/streams/mod.ts" },
});
