import { testExamples } from "./docs-examples.ts";

testExamples("docs/reference.md", { examples: 3 });
