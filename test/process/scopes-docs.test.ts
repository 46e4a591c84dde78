import { testExamples } from "./docs-examples.ts";

testExamples("docs/scopes.md", { examples: 3 });
