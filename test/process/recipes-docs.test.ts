import { testExamples } from "./docs-examples.ts";

const entries = { "tiercel/node": "runtimes/node.ts", "tiercel/testing": "test/contract/mod.ts" };
testExamples("docs/recipes.md", { examples: 10, claiming: 6, entries });
