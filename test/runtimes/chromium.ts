// Bundled and loaded by a page in headless Chromium, see scripts/hosts/chromium.mjs.
import { answerPage } from "../unit/indexeddb/in-worker.ts";
import { run } from "./run.ts";

if ("document" in globalThis) {
  const grep = decodeURIComponent(globalThis.location.search.slice(1));
  await run({ runtime: "chromium", grep });
} else {
  answerPage();
}
