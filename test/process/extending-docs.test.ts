import { testExamples } from "./docs-examples.ts";

testExamples("docs/extending.md", {
  examples: 5,
  entries: {
    "tiercel/bytes": "src/bytes/mod.ts",
    "tiercel/observe": "src/observe/mod.ts",
    "tiercel/testing": "test/contract/mod.ts",
  },
});
