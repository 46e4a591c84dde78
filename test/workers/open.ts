/** `openCache` among the bindings that a Worker may have. */

import { openCache } from "../../runtimes/workerd.ts";
import type { Cache } from "../../src/api.ts";
import { ConfigError } from "../../src/errors.ts";
import { equal, ok, same, throws } from "../contract/assert.ts";
import { suite, type TestCase } from "../contract/suite.ts";
import type { WorkerEnv } from "./env.ts";

export const bare = true;

/** The tier below memory, once it has kept a value; closes the cache. */
async function keptIn(cache: Cache): Promise<string | undefined> {
  await cache.set("key", 1);
  const { tiers } = await cache.health();
  await cache.close();
  ok(
    tiers.every((tier) => tier.ok),
    JSON.stringify(tiers),
  );
  return tiers[1]?.name;
}

/** Tests of `openCache` in a Worker. */
export function suites(env: WorkerEnv): TestCase[] {
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
  return suite("openCache in a Worker", {
    "takes the D1 database, or the KV namespace, whatever else is bound": async () => {
      same(typeof (env.API as { prepare?: unknown }).prepare, "function");
      same(await keptIn(openCache(undefined, { env })), "d1");
      same(await keptIn(openCache(undefined, { env: without("DB") })), "kv");
      same(await keptIn(openCache(undefined, { env: without("DB", "KV") })), undefined);
    },
    "takes each by its name": async () => {
      same(await keptIn(openCache("d1:DB", { env })), "d1");
      same(await keptIn(openCache("kv:KV", { env })), "kv");
    },
    "takes no binding of another kind, and names those that it would": () => {
      for (const [scheme, fits] of [
        ["d1", "DB"],
        ["kv", "KV"],
      ] as const) {
        for (const name of Object.keys(env).filter((name) => name !== fits)) {
          const error = throws(() => openCache(`${scheme}:${name}`, { env }), ConfigError) as ConfigError;
          equal([error.option, error.message.includes(`in env (${fits}): `)], ["url", true], error.message);
        }
      }
    },
  });
}
