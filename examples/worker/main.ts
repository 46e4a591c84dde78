/**
 * Runs the Worker beside this file in workerd, as `wrangler dev` would, and asks it three times.
 */
// Runs on: node24
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const { outputFiles } = await build({
  entryPoints: [new URL("./worker.ts", import.meta.url).pathname],
  bundle: true,
  format: "esm",
  conditions: ["workerd", "worker"],
  write: false,
});
const worker = new Miniflare({
  modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles[0]!.text }],
  compatibilityDate: "2026-10-01",
});
try {
  const answers = [];
  for (const path of ["/EUR", "/EUR", "/USD"]) {
    const response = await worker.dispatchFetch(`http://localhost${path}`);
    answers.push(await response.text());
  }
  console.log(answers.join("\n"));
  if (!answers[1]!.includes('"number":1') || !answers[2]!.includes('"number":2'))
    throw new Error("The second answer was not cached");
} finally {
  await worker.dispose();
}
