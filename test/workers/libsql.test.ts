/** The libSQL tier in workerd and in edge-runtime, on a real server. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EdgeVM } from "@edge-runtime/vm";
import { Miniflare } from "miniflare";
import { bundle } from "../../scripts/bundle.mjs";
import { reasonFor } from "../servers/available.ts";
import { startSqld } from "../servers/sqld.ts";

const skip = reasonFor("sqld");

/** A server and a folder for a bundle, while `run` is at work. */
async function served(run: (url: string, folder: string) => Promise<void>): Promise<void> {
  const server = await startSqld();
  const folder = mkdtempSync(join(tmpdir(), "tiercel-libsql-"));
  try {
    await run(server.url, folder);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

test("the contract holds in workerd", { skip }, () =>
  served(async (url, folder) => {
    const script = join(folder, "worker.js");
    await bundle("test/workers/libsql/worker.ts", script, { conditions: ["workerd", "worker", "browser"] });
    const miniflare = new Miniflare({
      modules: [{ type: "ESModule", path: script }],
      modulesRoot: folder,
      compatibilityDate: "2026-11-17",
      compatibilityFlags: ["no_nodejs_compat", "no_nodejs_compat_v2"],
    });
    const ask = async (path: string) => {
      const response = await miniflare.dispatchFetch(`http://tests/${path}?url=${encodeURIComponent(url)}`);
      assert.equal(response.status, 200, await response.clone().text());
      return response.json();
    };
    try {
      const names = (await ask("")) as string[];
      assert.ok(names.length > 100);
      for (const [index, name] of names.entries()) {
        const { failure } = (await ask(String(index))) as { failure?: string };
        assert.equal(failure, undefined, name);
      }
    } finally {
      await miniflare.dispose();
    }
  }),
);

test("the contract holds in edge-runtime", { skip }, () =>
  served(async (url, folder) => {
    const script = join(folder, "edge.js");
    // A script has no import.meta, which what is never run here asks for.
    const define = { "import.meta.url": '"file:///edge.js"' };
    await bundle("test/workers/libsql/edge.ts", script, { conditions: ["edge-light", "browser"], define });
    const [failures, count] = await new Promise<[Record<string, string>, number]>((resolve, reject) => {
      const done = (failures: Record<string, string>, count: number) => resolve([failures, count]);
      const vm = new EdgeVM({ extend: (context) => Object.assign(context, { host: { url, done }, setImmediate }) });
      Promise.resolve(vm.evaluate(`(async () => {${readFileSync(script, "utf8")}})()`)).catch(reject);
    });
    assert.deepEqual({ ...failures }, {});
    assert.ok(count > 100);
  }),
);
