// Bundled and loaded by a page in headless Chromium, see scripts/hosts/chromium.mjs.
import { run } from "./run.ts";

const grep = decodeURIComponent(globalThis.location.search.slice(1));
await run({ runtime: "chromium", grep });
