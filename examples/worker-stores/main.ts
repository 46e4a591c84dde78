/**
 * Runs the Worker beside this file in workerd with a KV namespace and a D1 database, twice: the second isolate finds what
 * the first one has stored, until its tag is invalidated.
 */
// Runs on: node24
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const { outputFiles } = await build({
  entryPoints: [new URL("./worker.ts", import.meta.url).pathname],
  bundle: true,
  format: "esm",
  conditions: ["workerd", "worker"],
  write: false,
});
const folder = mkdtempSync(join(tmpdir(), "tiercel-worker-"));

/** What a new isolate over the same stores answers. */
async function isolate(use: (ask: (path: string, method?: string) => Promise<string>) => Promise<void>): Promise<void> {
  const worker = new Miniflare({
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: "2026-10-01",
    kvNamespaces: ["CACHE_KV"],
    d1Databases: ["CACHE_DB"],
    kvPersist: join(folder, "kv"),
    d1Persist: join(folder, "d1"),
  });
  try {
    await use(async (path, method = "GET") =>
      (await worker.dispatchFetch(`http://localhost${path}`, { method })).text(),
    );
  } finally {
    await worker.dispose();
  }
}

function expect(answer: string, load: number, what: string): void {
  console.log(answer);
  if (JSON.parse(answer).load !== load) throw new Error(`${what}: expected load ${load}`);
}

try {
  await isolate(async (ask) => {
    expect(await ask("/7"), 1, "a miss is loaded");
    expect(await ask("/7"), 1, "a hit is not");
    expect(await ask("/8"), 2, "another product is loaded");
  });
  await isolate(async (ask) => {
    expect(await ask("/8"), 2, "the next isolate finds it in the stores");
    expect(await ask("/9"), 1, "and loads what is new, for the first time");
    await ask("/?tag=products", "POST");
    expect(await ask("/7"), 2, "what was invalidated is loaded anew");
    expect(await ask("/8"), 3, "by its tag, as all of them");
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
