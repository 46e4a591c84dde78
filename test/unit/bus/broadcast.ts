import type { Cache, CacheOptions } from "../../../mod.ts";
import { broadcastBus, createCache, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, ok, same, settle, suite, throws } from "../../contract/mod.ts";
import { CHANGES } from "./changes.ts";
import { TAGS } from "./pair.ts";

interface Host {
  readonly BroadcastChannel?: unknown;
  readonly dispatchEvent?: (event: object) => unknown;
  readonly Event?: new (type: string) => object;
}
const host = globalThis as Host;

/** Milliseconds that a message may take, in browsers through another process. */
const LONGEST = 30_000;

let count = 0;

/** Two caches of one thread, closed in the end. */
async function withPair(
  options: () => CacheOptions,
  run: (a: Cache, b: Cache, errors: unknown[]) => Promise<void>,
): Promise<void> {
  const name = `broadcast-${++count}`;
  const errors: unknown[] = [];
  const caches = [0, 1].map(() => {
    const cache = createCache({ name, bus: broadcastBus(), coherence: "forever", ...options() });
    cache.on("error", ({ error }) => errors.push(error));
    return cache;
  });
  try {
    await run(caches[0]!, caches[1]!, errors);
    equal(errors, []);
  } finally {
    for (const cache of caches) await cache.close();
  }
}

/** Holds when it comes true while messages arrive. */
async function comes(true_: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = performance.now() + LONGEST; performance.now() < end; await settle()) if (await true_()) return;
  ok(false, `${what} does not come`);
}

export const tests: TestCase[] =
  host.BroadcastChannel === undefined
    ? suite("broadcastBus", {
        "where there is no BroadcastChannel it says so": () => {
          ok(throws(() => broadcastBus(), "CONFIG").message.includes("BroadcastChannel"));
        },
      })
    : suite("broadcastBus", {
        "memories of one name drop what one of them changes": async () => {
          for (const [what, change] of Object.entries(CHANGES))
            await withPair(
              () => ({}),
              async (a, b) => {
                // Loads are not told.
                for (const cache of [a, b]) await cache.getOrSet("k", () => "old", { tags: TAGS });
                await change(a);
                await comes(async () => (await b.get("k")) !== "old", what);
              },
            );
        },
        "memories over one store drop what one of them changes": async () => {
          for (const [what, change] of Object.entries(CHANGES)) {
            const data = mapData();
            await withPair(
              () => ({ tiers: [memory(), mapTier({ data })] }),
              async (a, b) => {
                // By itself, or b would hear of it later, and drop it without the change.
                await b.set("k", "old", { tags: TAGS });
                same((await b.meta("k"))?.tier, "memory");
                await change(a);
                await comes(async () => {
                  const meta = await b.meta("k", { tier: "memory" });
                  return !meta || meta.stale;
                }, what);
              },
            );
          }
        },
        "a page that was left and is come back to may have missed anything": async () => {
          if (!host.dispatchEvent || !host.Event) return;
          await withPair(
            () => ({}),
            async (a) => {
              await a.set("k", 1);
              host.dispatchEvent!(new host.Event!("pageshow"));
              same(await a.get("k"), 1);
              host.dispatchEvent!(Object.assign(new host.Event!("pageshow"), { persisted: true }));
              same(await a.get("k"), undefined);
            },
          );
        },
        "caches of another name hear nothing": async () => {
          await withPair(
            () => ({}),
            async (a, b) => {
              const other = createCache({ name: "broadcast-other", bus: broadcastBus() });
              await other.set("k", 1);
              await b.set("k", 1);
              await a.set("k", 2);
              await comes(async () => !(await b.has("k")), "the news");
              same(await other.get("k"), 1);
              await other.close();
            },
          );
        },
      });
