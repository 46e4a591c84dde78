/** The harness itself: what a suite finds in its worker. */

import { ok, same } from "../contract/assert.ts";
import { suite, type TestCase } from "../contract/suite.ts";
import type { WorkerEnv } from "./env.ts";

export const bare = true;

/** Tests of the bindings. */
export function suites({ DB, KV, RUNTIME }: WorkerEnv): TestCase[] {
  return suite("workerd", {
    "has a database, a namespace and a cache": async () => {
      same(navigator.userAgent, "Cloudflare-Workers");
      for (const binding of [DB, KV, (globalThis as { caches?: unknown }).caches]) ok(typeof binding === "object");
    },
    "has Node's modules only in the row that is for them": () => {
      const { process } = globalThis as { process?: { getBuiltinModule?: unknown } };
      same(typeof process?.getBuiltinModule === "function", RUNTIME !== "bare");
    },
  });
}
