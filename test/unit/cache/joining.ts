import { LoadTimeoutError, ValidationError } from "../../../mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { aged, type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, stateOf, unwanted } from "./tools.ts";

/** Fails when it is told to. */
function failing(): { loader: () => Promise<never>; fail: () => void } {
  const gate = deferred();
  const loader = async (): Promise<never> => {
    await gate.promise;
    throw new RangeError("down");
  };
  return { loader, fail: () => gate.resolve() };
}

/** A schema that takes numbers. */
const numbers = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) =>
      typeof value === "number" ? { value } : { issues: [{ message: "must be a number" }] },
  },
};

export const joining: StackSuite = stackSuite("joining", {
  "who joins a load that fails gets the old value by his own grace": async (open) => {
    const { cache, clock } = await aged(open, 1_000, { grace: "1h" });
    const { loader, fail } = failing();
    const first = rejects(cache.getOrSet("k", loader, { grace: 0 }), RangeError);
    const lenient = cache.getOrSet("k", unwanted, { grace: "2h" });
    const strict = rejects(cache.getOrSet("k", unwanted, { grace: 0 }), RangeError);
    const choosy = cache.getOrSet("k", unwanted, { grace: "2h", validate: () => true });
    const refused = rejects(cache.getOrSet("k", unwanted, { grace: "2h", validate: () => false }), RangeError);
    await clock.settle();
    fail();
    await first;
    same(await lenient, "old");
    await strict;
    same(await choosy, "old");
    await refused;
  },
  "who joins one that began as its caller did not take what there is gets that, where it fails": async (open) => {
    const { cache, clock } = open({ grace: "1h" });
    await cache.set("k", "old", { ttl: "1h" });
    const { loader, fail } = failing();
    const choosy = cache.getOrSet("k", loader, { validate: () => false });
    await clock.settle();
    await clock.advance("1h");
    const other = cache.getOrSet("k", unwanted);
    await clock.settle();
    fail();
    await rejects(choosy, RangeError);
    same(await other, "old");
  },
  "who may have what is stale is served at once, though one who may not loads": async (open) => {
    const { cache, clock } = await aged(open, 1_000, { grace: "1h" });
    const gate = deferred<string>();
    const first = cache.getOrSet("k", () => gate.promise);
    await clock.settle();
    const second = cache.getOrSet("k", unwanted, { swr: "1h" });
    await clock.settle();
    same(await stateOf(second, clock.settle), "resolved");
    same(await second, "old");
    gate.resolve("new");
    same(await first, "new");
  },
  "what was invalidated is lent to nobody who joins": async (open) => {
    const { cache, clock } = await aged(open, 1_000, { grace: "1h", tags: ["t"] });
    const gate = deferred<string>();
    const first = cache.getOrSet("k", () => gate.promise);
    await clock.settle();
    await cache.invalidateTags(["t"]);
    const second = cache.getOrSet("k", () => "newer", { swr: "1h" });
    await clock.settle();
    gate.resolve("new");
    same(await first, "new");
    same(await second, "newer");
  },
  "who joins waits no longer than his own hardTimeout": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<string>();
    let signal: AbortSignal | undefined;
    const first = cache.getOrSet("k", (context) => {
      signal = context.signal;
      return gate.promise;
    });
    await clock.settle();
    const second = cache.getOrSet("k", unwanted, { hardTimeout: 100 });
    await clock.settle();
    await clock.advance(99);
    same(await stateOf(second, clock.settle), "pending");
    const late = rejects(second, LoadTimeoutError);
    await clock.advance(1);
    await late;
    same(signal?.aborted, false);
    gate.resolve("value");
    same(await first, "value");
  },
  "a load that nobody waits for is aborted by the last one's hardTimeout too": async (open) => {
    const { cache, clock } = open();
    let signal: AbortSignal | undefined;
    const mine = new AbortController();
    const first = cache.getOrSet(
      "k",
      (context) => {
        signal = context.signal;
        return new Promise<string>(() => {});
      },
      mine,
    );
    await clock.settle();
    const second = rejects(cache.getOrSet("k", unwanted, { hardTimeout: 100 }), LoadTimeoutError);
    await clock.settle();
    mine.abort(new RangeError("mine"));
    await rejects(first, RangeError);
    same(signal?.aborted, false);
    await clock.advance(100);
    await second;
    same(signal?.aborted, true);
  },
  "what a load brings that all have left is not kept, and takes nothing from the one after it": async (open) => {
    const { cache, clock } = open();
    const [old, newer] = [deferred<string>(), deferred<string>()];
    const mine = new AbortController();
    const first = cache.getOrSet("k", () => old.promise, mine);
    await clock.settle();
    mine.abort(new RangeError("mine"));
    await rejects(first, RangeError);
    const second = cache.getOrSet("k", () => newer.promise);
    await clock.settle();
    old.resolve("old");
    await clock.settle();
    newer.resolve("new");
    same(await second, "new");
    await clock.settle();
    same(await cache.get("k"), "new");
    same(cache.stats().sets, 1);
  },
  "who leaves a load that is over for others takes nothing from the one after it": async (open) => {
    for (const change of ["delete", "version"] as const) {
      const { cache, clock } = open();
      const [old, newer] = [deferred<string>(), deferred<string>()];
      const mine = new AbortController();
      const first = cache.getOrSet("k", () => old.promise, { signal: mine.signal, version: "1" });
      await clock.settle();
      if (change === "delete") await cache.delete("k");
      const version = change === "delete" ? "1" : "2";
      const second = cache.getOrSet("k", () => newer.promise, { version });
      await clock.settle();
      mine.abort(new RangeError("mine"));
      await rejects(first, RangeError);
      newer.resolve("new");
      same(await second, "new");
      await clock.settle();
      same(await cache.get("k", { version }), "new", change);
    }
  },
  "who may not have the old value asks for it once, however long the load takes": async (open) => {
    const { cache, clock } = await aged(open, 1_000, { grace: "1h" });
    const gate = deferred<string>();
    const first = cache.getOrSet("k", () => gate.promise);
    await clock.settle();
    let looks = 0;
    const validate = ({ value }: { value: unknown }): boolean => {
      looks++;
      return value !== "old";
    };
    const choosy = cache.getOrSet("k", unwanted, { softTimeout: 50, validate });
    await clock.settle();
    await clock.advance(400);
    ok(looks <= 2, String(looks));
    gate.resolve("new");
    equal(await Promise.all([first, choosy]), ["new", "new"]);
  },
  "a failure of a load that began before an invalidation is not remembered after it, and is the loader's own": async (
    open,
  ) => {
    const { cache, clock } = open({ negativeTtl: "1h" });
    const { loader, fail } = failing();
    const call = rejects(cache.getOrSet("k", loader, { tags: ["t"] }), RangeError);
    await clock.settle();
    await cache.invalidateTags(["t"]);
    fail();
    await call;
    same(await cache.getOrSet("k", () => "value"), "value");
    const { loader: other, fail: failOther } = failing();
    failOther();
    await rejects(cache.getOrSet("o", other, { tags: ["a\0"] }), RangeError);
  },
  "one of many that is thrown at once leaves no rejection behind that nobody handles": async (open) => {
    const { cache, clock } = open();
    await cache.set("b", "no number");
    const { loader, fail } = failing();
    const many = cache.getOrSetMany<unknown, string>(["a", "b"], loader, { schema: numbers, onInvalid: "throw" });
    const rejected = rejects(many, ValidationError);
    await clock.settle();
    fail();
    await rejected;
    await clock.settle();
  },
  "what was overtaken is not told of as set": async (open) => {
    const { cache, clock } = open();
    const events: unknown[] = [];
    cache.on("set", ({ key }) => void events.push(key));
    const gate = deferred<string>();
    const call = cache.getOrSet("k", () => gate.promise);
    await clock.settle();
    await cache.delete("k");
    gate.resolve("value");
    same(await call, "value");
    equal([events, cache.stats().sets], [[], 0]);
  },
  "an invalidation by tag or scope ends what is remembered of failures, and so does another version": async (open) => {
    const { cache } = open({ negativeTtl: "1h" });
    const fail = (): never => {
      throw new RangeError("down");
    };
    const remembered = async (): Promise<void> => {
      await rejects(cache.getOrSet("k", fail, { tags: ["t"] }), RangeError);
      await rejects(cache.getOrSet("k", unwanted, { tags: ["t"] }), RangeError);
    };
    await remembered();
    same(await cache.getOrSet("k", () => "other", { version: "2" }), "other");
    await cache.delete("k");
    await remembered();
    await cache.invalidateTags(["other"]);
    await rejects(cache.getOrSet("k", unwanted), RangeError);
    await cache.invalidateTags(["t"]);
    same(await cache.getOrSet("k", () => "value"), "value");
  },
});
