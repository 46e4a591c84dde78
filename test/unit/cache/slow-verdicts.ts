import type { Cache } from "../../../mod.ts";
import { ok, same } from "../../contract/mod.ts";
import { type Open, type Rig, type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, unwanted } from "./tools.ts";

const TAGS = ["t", "u"];

/** What makes the old value of `k` invalid, which is tagged with `TAGS`. */
const INVALIDATIONS: Record<string, (cache: Cache) => Promise<unknown>> = {
  delete: (cache) => cache.delete("k"),
  clear: (cache) => cache.clear(),
  "touch with a ttl of 0": (cache) => cache.touch("k", { ttl: 0 }),
  invalidatePattern: (cache) => cache.invalidatePattern("k*"),
  "invalidateTags any": (cache) => cache.invalidateTags(["t"]),
  "invalidateTags all": (cache) => cache.invalidateTags(TAGS, { match: "all" }),
};

/** A rig whose key `k` is invalidated while a caller thinks about its old value, after which another caller comes. */
async function overtaken(
  open: Open,
  { age, verdict, invalidate }: { age: number; verdict: boolean; invalidate: (cache: Cache) => Promise<unknown> },
  options: object,
): Promise<Rig & { readonly end: (outcome: string | Error) => Promise<unknown>; readonly first: Promise<unknown> }> {
  const rig = open();
  const { cache, clock } = rig;
  await cache.set("k", "old", { ttl: 1000, grace: "1h", tags: TAGS });
  await clock.advance(age);
  const thought = deferred<boolean>();
  const loaded = deferred<string>();
  const first = cache.getOrSet("k", () => loaded.promise, { ...options, tags: TAGS, validate: () => thought.promise });
  first.catch(() => {});
  await clock.settle();
  await invalidate(cache);
  thought.resolve(verdict);
  await clock.settle();
  const end = async (outcome: string | Error) => {
    if (outcome instanceof Error) loaded.reject(outcome);
    else loaded.resolve(outcome);
    await clock.settle();
  };
  return { ...rig, first, end };
}

function each(run: (open: Open, what: string, invalidate: (cache: Cache) => Promise<unknown>) => Promise<void>) {
  return async (open: Open) => {
    for (const [what, invalidate] of Object.entries(INVALIDATIONS)) await run(open, what, invalidate);
  };
}

/** Callers whose `validate` or schema takes its time. */
export const slowVerdicts: StackSuite = stackSuite("slow verdicts", {
  "what was invalidated meanwhile is no old value for who comes after it": each(async (open, what, invalidate) => {
    const { cache, clock, end } = await overtaken(open, { age: 1000, verdict: true, invalidate }, { grace: "1h" });
    const second = cache.getOrSet("k", () => "new", { grace: "1h", tags: TAGS });
    await clock.settle();
    second.catch(() => {});
    await end(new RangeError("down"));
    ok((await second.catch(String)) !== "old", what);
  }),
  "nor while it is refreshed": each(async (open, what, invalidate) => {
    const { cache, end } = await overtaken(open, { age: 1000, verdict: true, invalidate }, { swr: "1h" });
    const second = cache.getOrSet("k", () => "new", { swr: "1h", tags: TAGS });
    await end("new");
    same(await second, "new", what);
  }),
  "nor where it was refused": each(async (open, what, invalidate) => {
    const { cache, end } = await overtaken(open, { age: 100, verdict: false, invalidate }, {});
    const second = cache.getOrSet("k", () => "new", { tags: TAGS });
    await end("new");
    same(await second, "new", what);
  }),
  "what one has refused is lent to others, until it is invalidated": each(async (open, what, invalidate) => {
    const { cache, clock } = open();
    await cache.set("k", "old", { tags: TAGS });
    const loaded = deferred<string>();
    const first = cache.getOrSet("k", () => loaded.promise, { tags: TAGS, validate: () => false });
    await clock.settle();
    same(await cache.getOrSet("k", unwanted, { tags: TAGS }), "old");
    await invalidate(cache);
    const second = cache.getOrSet("k", () => "new", { tags: TAGS });
    await clock.settle();
    loaded.resolve("theirs");
    await first;
    same(await second, "new", what);
  }),
  "who came before it gets its answer, however often the key is written": async (open) => {
    const { cache, clock } = open();
    await cache.set("k", 0);
    let writes = 0;
    const validate = async () => {
      await clock.sleep(1);
      await cache.set("k", ++writes);
      return true;
    };
    const call = cache.getOrSet("k", () => "loaded", { validate });
    await clock.advance(10);
    same(await call, 0);
    same(await cache.get("k"), 1);
  },
});
