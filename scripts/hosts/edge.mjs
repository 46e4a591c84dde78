/** Started under Node: `edge.mjs <bundle> <grep>` evaluates the bundle in edge-runtime's VM, without `eval` as at the edge. */

import { readFileSync } from "node:fs";
import { EdgeVM } from "@edge-runtime/vm";

const [file = "", grep = ""] = process.argv.slice(2);
const failed = await new Promise((resolve) => {
  const host = { grep, print: (/** @type {string} */ text) => console.log(text), done: resolve };
  // The turn of the event loop is for the test kit's clock, whose zero-delay timers are slow here; edge.ts takes it away again.
  const vm = new EdgeVM({ extend: (context) => Object.assign(context, { host, setImmediate }) });
  vm.evaluate(readFileSync(file, "utf8"));
});
process.exit(failed === 0 ? 0 : 1);
