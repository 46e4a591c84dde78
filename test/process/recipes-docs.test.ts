import { testExamples } from "./docs-examples.ts";

const entries = {
  "tiercel/node": "runtimes/node.ts",
  "tiercel/testing": "test/contract/mod.ts",
  "tiercel/workerd": "runtimes/workerd.ts",
};
testExamples("docs/recipes.md", { examples: 11, claiming: 6, entries });
