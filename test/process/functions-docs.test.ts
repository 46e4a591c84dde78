import { testExamples } from "./docs-examples.ts";

testExamples("docs/functions.md", { examples: 6 });
