import type { TestCase } from "../../contract/mod.ts";
import { equal, rejects, same } from "../../contract/mod.ts";
import { STACKS, stackSuite } from "../cache/stacks.ts";
import { deferred } from "../cache/tools.ts";

const suites = stackSuite("refreshes of wrapped functions", {
  "refresh runs the function and stores what it gives; where it fails the old result stays": async (open) => {
    const { cache } = open();
    let next: number | Error = 1;
    const read = cache.wrap(
      async () => {
        if (next instanceof Error) throw next;
        return next;
      },
      { name: "read", grace: "1h" },
    );
    same(await read(), 1);
    next = 2;
    same(await read(), 1);
    same(await read.refresh(), 2);
    same(await read(), 2);
    next = new RangeError("down");
    await rejects(read.refresh(), RangeError);
    await rejects(read.with({ mode: "refresh" })(), RangeError);
    same(await read(), 2);
    same(await read.get(), 2);
    next = 3;
    same(await read.with({ mode: "refresh" })(), 3);
    same(await read(), 3);
  },
  "a refresh joins no run that began before it, and what such a run brings comes too late": async (open) => {
    const { cache, clock } = open();
    const before = deferred<string>();
    const after = deferred<string>();
    const answers = [before.promise, after.promise];
    const read = cache.wrap(() => answers.shift()!, { name: "read" });
    const call = read();
    await clock.settle();
    const refreshed = read.refresh();
    await clock.settle();
    after.resolve("new");
    same(await refreshed, "new");
    before.resolve("old");
    same(await call, "old");
    same(await read(), "new");
  },
  "a refresh lends no old result that was invalidated while it was read": async (open, { shared }) => {
    if (!shared) return;
    const { cache, clock, lower, bottom, top } = open({ lease: false });
    const runs = [deferred<string>(), deferred<string>()];
    let run = -1;
    const read = cache.wrap(() => (run < 0 ? "old" : runs[run]!.promise), { name: "read" });
    same(await read(), "old");
    if (top !== bottom) await cache.evictAll();
    await cache.has("unknown");
    lower!.faults.fail({ getMany: "mute" }, 1);
    run = 0;
    const refreshed = read.refresh();
    await clock.settle();
    await read.invalidate();
    lower!.faults.release();
    await clock.settle();
    const call = read();
    await clock.settle();
    runs[0]!.resolve("new");
    same(await refreshed, "new");
    same(await call, "new");
  },
  "a run that began before a refresh and ends sooner is not stored either": async (open) => {
    const { cache, clock } = open();
    const before = deferred<string>();
    const after = deferred<string>();
    const answers = [before.promise, after.promise];
    const read = cache.wrap(() => answers.shift()!, { name: "read" });
    const call = read();
    await clock.settle();
    const refreshed = read.refresh();
    await clock.settle();
    before.resolve("old");
    same(await call, "old");
    same(await read.get(), undefined);
    after.resolve("new");
    same(await refreshed, "new");
    same(await read.get(), "new");
  },
  "a refresh runs the function though its last failure is remembered": async (open) => {
    const { cache } = open();
    let isDown = true;
    const read = cache.wrap(
      async () => {
        if (isDown) throw new RangeError("down");
        return "up";
      },
      { name: "read", negativeTtl: "1h" },
    );
    await rejects(read(), RangeError);
    isDown = false;
    await rejects(read(), RangeError);
    same(await read.refresh(), "up");
    same(await read(), "up");
  },
  "while a refresh runs, and when it fails, others get what is there": async (open) => {
    const { cache, clock } = open();
    const { promise, reject } = deferred<number>();
    const answers = [Promise.resolve(1), promise];
    const read = cache.wrap(() => answers.shift()!, { name: "read" });
    same(await read(), 1);
    const refreshed = read.refresh();
    const failed = rejects(refreshed, RangeError);
    await clock.settle();
    cache.on("hit", () => {});
    same(await read(), 1);
    reject(new RangeError("down"));
    await failed;
    same(await read(), 1);
  },
  "a refresh that is overtaken by an invalidation does not undo it": async (open) => {
    const { cache, clock } = open();
    const { promise, resolve } = deferred<string>();
    const answers = [promise, Promise.resolve("new")];
    const read = cache.wrap(() => answers.shift()!, { name: "read" });
    const refreshed = read.refresh();
    await clock.settle();
    await read.invalidate();
    resolve("old");
    same(await refreshed, "old");
    same(await read(), "new");
  },
  "expire reaches runs under way where there is nothing yet, and failures that are remembered": async (open) => {
    const { cache, clock } = open();
    const { promise, resolve } = deferred<string>();
    const answers: (() => string | Promise<string>)[] = [() => promise, () => "new"];
    const read = cache.wrap(() => answers.shift()!(), { name: "read", grace: "1h" });
    const call = read();
    await clock.settle();
    same(await read.expire(), false);
    resolve("old");
    same(await call, "old");
    same(await read.has(), false);
    same(await read(), "new");
    let isDown = true;
    const fail = cache.wrap(
      () => {
        if (isDown) throw new RangeError("down");
        return "up";
      },
      { name: "fail", negativeTtl: "1h" },
    );
    await rejects(fail(), RangeError);
    isDown = false;
    await rejects(fail(), RangeError);
    same(await fail.expire(), false);
    same(await fail(), "up");
  },
  "expire reaches runs under way in another process, whether there is a result or not": async (open, stack) => {
    // Without leases nothing is known of the loads of others.
    if (!(stack.shared && stack.tags)) return;
    for (const isThere of [false, true]) {
      const { cache, peer, clock } = open({ grace: "1h", coherence: 0 });
      const other = peer!({ grace: "1h", coherence: 0 });
      const { promise, resolve } = deferred<string>();
      const read = cache.wrap(() => "first", { name: "read" });
      const slow = other.wrap(() => promise, { name: "read" });
      if (isThere) await read();
      const call = isThere ? slow.refresh() : slow();
      await clock.settle();
      same(await read.expire(), isThere);
      await clock.settle();
      resolve("old");
      same(await call, "old");
      await clock.settle();
      equal([await read.has(), await slow.has()], [false, false], String(isThere));
    }
  },
  "an invalidation while the function runs is not undone by its result": async (open) => {
    const { cache, clock } = open();
    for (const by of ["invalidate", "clear", "expire", "expire with grace", "matching", "tags"] as const) {
      const { promise, resolve } = deferred<string>();
      const answers = [Promise.resolve("first"), promise, Promise.resolve("last")];
      const read = cache.wrap((_: number) => answers.shift()!, {
        name: by,
        tags: ["t"],
        grace: by === "expire with grace" ? "1h" : 0,
      });
      await read(1);
      const refreshed = read.refresh(1);
      await clock.settle();
      if (by === "invalidate") await read.invalidate(1);
      else if (by === "clear") await read.clear();
      else if (by.startsWith("expire")) await read.expire(1);
      else if (by === "matching") await read.invalidateMatching(1);
      else await cache.namespace(`fn:${by}`).invalidateTags("t");
      resolve("old");
      await refreshed;
      same(await read(1), "last", by);
    }
  },
});

export const tests: TestCase[] = STACKS.filter(({ sync }) => !sync).flatMap((stack) => suites(stack));
