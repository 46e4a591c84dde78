import { CacheClosedError, CorruptError, TierError } from "../../../mod.ts";
import { Fill } from "../../../src/streams/fill.ts";
import { type StreamLoader, streams } from "../../../src/streams/mod.ts";
import { piecesOf } from "../../../src/streams/source.ts";
import { INSIDE, type Verbs } from "../../../src/verbs/verbs.ts";
import { equal, ok, rejects, same, suite, type TestCase } from "../../contract/mod.ts";
import { stackSuite } from "../cache/stacks.ts";
import { deferred, stateOf, unwanted } from "../cache/tools.ts";
import { ALL, bodyOf, CHUNK, chunksOf, read, SHELVED, some, take, tamper, tap, until } from "./tools.ts";

const OPTIONS = { chunkBytes: CHUNK };
const BODY = some(10_000);

const everywhere = stackSuite("filling streams", {
  "nobody sees a stream before it is whole": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", some(2_000, 7));
    const { source, give, end } = tap();
    const done = files.set("k", source);
    give(BODY);
    await clock.settle();
    equal(await bodyOf(files.get("k")), some(2_000, 7));
    same(await stateOf(done, () => clock.settle()), "pending");
    end();
    await done;
    equal(await bodyOf(files.get("k")), BODY);
  },
  "20 readers read one load while it fills, whenever they come and however slow they are": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    const { source, give, end } = tap();
    let loads = 0;
    const load = () => {
      loads++;
      return { body: source, meta: "m" };
    };
    const readers: Promise<Uint8Array>[] = [];
    const come = async (slow: boolean): Promise<Uint8Array> => {
      const { body, meta } = await files.getOrSet("k", load);
      same(meta, "m");
      const parts: number[] = [];
      const reader = body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        parts.push(...part.value);
        if (slow) await clock.sleep(10);
      }
      return Uint8Array.from(parts);
    };
    for (let at = 0; at < BODY.length; at += 1_000) {
      readers.push(come(false), come(at % 3_000 === 0));
      await clock.settle();
      give(BODY.subarray(at, at + 1_000));
    }
    await clock.settle();
    end();
    await clock.advance("10s");
    same(readers.length, 20);
    for (const bytes of await Promise.all(readers)) equal(bytes, BODY);
    same(loads, 1);
    equal(await bodyOf(files.getOrSet("k", unwanted)), BODY);
  },
  "a reader gets what is there before a chunk is full": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    const { source, give, end } = tap();
    const { body, size, filling } = await files.getOrSet("k", () => ({ body: source }));
    equal([size, filling], [undefined, true]);
    const reader = body.getReader();
    give(some(3));
    equal((await reader.read()).value, some(3));
    give(some(4, 2));
    equal((await reader.read()).value, some(4, 2));
    end();
    same((await reader.read()).done, true);
  },
  "who asks for a stream that is being written gets it at every moment until it is there, and nobody loads it again":
    async (open) => {
      for (const verb of ["set", "getOrSet"] as const) {
        const { cache, clock } = open();
        const files = streams(cache, OPTIONS);
        const { source, give, end } = tap();
        let loads = 0;
        const load = (): { body: ReadableStream<Uint8Array> } => {
          loads++;
          return { body: source };
        };
        const done = verb === "set" ? files.set("k", source) : bodyOf(files.getOrSet("k", load));
        give(BODY);
        await clock.settle();
        end();
        const readers: Promise<Uint8Array | undefined>[] = [];
        for (let moment = 0; moment < 300; moment++) {
          const ask = verb === "set" ? files.get("k", { filling: true }) : files.getOrSet("k", load);
          readers.push(bodyOf(ask));
          if (moment < 250) await undefined;
          else await clock.settle();
        }
        await done;
        for (const [moment, bytes] of (await Promise.all(readers)).entries())
          equal(bytes, BODY, `${verb} at ${moment}`);
        same(loads, verb === "set" ? 0 : 1);
      }
    },
  "a reader that cancels does not end the filling": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    const { source, give, end } = tap();
    const stop = new AbortController();
    const first = await files.getOrSet("k", () => ({ body: source }), { signal: stop.signal });
    const second = await files.getOrSet("k", unwanted);
    await first.body.cancel();
    stop.abort();
    await second.body.cancel();
    give(BODY);
    end();
    await clock.settle();
    equal(await bodyOf(files.get("k")), BODY);
  },
  "what the source fails with is what all who read it get, and what was there stays": async (open) => {
    const rig = open();
    const { cache, clock } = rig;
    const files = streams(cache, OPTIONS);
    const { source, give, fail } = tap();
    const first = await files.getOrSet("k", () => ({ body: source }));
    give(BODY);
    const second = await files.getOrSet("k", unwanted);
    await clock.settle();
    fail(new RangeError("gone"));
    await rejects(read(first.body), RangeError);
    await rejects(read(second.body), RangeError);
    await clock.settle();
    same(await files.get("k"), undefined);
    const other = tap();
    const set = files.set("k", other.source);
    other.give(BODY);
    other.fail(new RangeError("gone"));
    await rejects(set, RangeError);
    await clock.settle();
    equal(await chunksOf(rig), []);
    equal(await bodyOf(files.getOrSet("k", () => ({ body: some(5) }))), some(5));
  },
  "an aborted write ends its source, and leaves nothing": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    const { source, give, cancelled } = tap();
    const stop = new AbortController();
    const set = files.set("k", source, { signal: stop.signal });
    give(BODY);
    await rig.clock.settle();
    stop.abort(new RangeError("enough"));
    await rejects(set, RangeError);
    ok((await cancelled) instanceof RangeError);
    await rig.clock.settle();
    same(await files.get("k"), undefined);
    equal(await chunksOf(rig), []);
  },
  "a write that is aborted before it began ends its source": async (open) => {
    const { cache } = open();
    const { source, cancelled } = tap();
    const stop = new AbortController();
    const set = streams(cache, OPTIONS).set("k", source, { signal: stop.signal });
    stop.abort(new RangeError("enough"));
    await rejects(set, RangeError);
    ok((await cancelled) instanceof RangeError);
  },
  "whoever waits for a load that nobody else wants aborts it": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    const stop = new AbortController();
    const aborted = deferred<unknown>();
    const loading = files.getOrSet(
      "k",
      ({ signal }) => {
        signal.addEventListener("abort", () => aborted.resolve(signal.reason));
        return new Promise(() => {});
      },
      { signal: stop.signal },
    );
    await clock.settle();
    stop.abort(new RangeError("enough"));
    await rejects(loading, RangeError);
    ok((await aborted.promise) instanceof RangeError);
  },
  "what began before a deletion, an invalidation or a clear is not seen after it": async (open) => {
    const mutations: Record<string, (rig: ReturnType<typeof open>) => Promise<unknown>> = {
      delete: ({ cache }) => cache.delete("k"),
      tags: ({ cache }) => cache.invalidateTags(["t"]),
      pattern: ({ cache }) => cache.invalidatePattern("k*"),
      clear: ({ cache }) => cache.clear(),
      streams: ({ cache }) => streams(cache).delete("k"),
      set: ({ cache }) => cache.set("k", "newer"),
    };
    for (const [name, mutate] of Object.entries(mutations)) {
      for (const verb of ["set", "getOrSet", "getOrSet with setTags"] as const) {
        const rig = open();
        const files = streams(rig.cache, OPTIONS);
        const { source, give, end } = tap();
        const options = { tags: verb === "getOrSet with setTags" ? [] : ["t"] };
        const loader: StreamLoader = ({ setTags }) => {
          if (options.tags.length === 0) setTags(["t"]);
          return { body: source };
        };
        const done =
          verb === "set"
            ? files.set("k", source, options)
            : files.getOrSet("k", loader, options).then(({ body }) => read(body));
        give(BODY.subarray(0, 5_000));
        await rig.clock.settle();
        await mutate(rig);
        // Who comes now does not join what began before.
        const newer = await files.getOrSet("k", () => ({ body: some(9) }));
        equal(await read(newer.body), some(9), `${name} during ${verb}`);
        await rig.clock.settle();
        if (name === "set") await mutate(rig);
        give(BODY.subarray(5_000));
        end();
        await done.catch(() => {});
        await rig.clock.settle();
        if (name === "set") same(await rig.cache.get("k"), "newer");
        else equal(await bodyOf(files.get("k")), some(9), `${name} during ${verb}`);
        equal(await chunksOf(rig), [], `${name} during ${verb}`);
      }
    }
  },
  "who joined before there was anything reads on after his own hardTimeout": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    const { source, give, end } = tap();
    const gate = deferred();
    const mine = new AbortController();
    const loader: StreamLoader = async () => {
      await gate.promise;
      return { body: source };
    };
    const first = rejects(files.getOrSet("k", loader, mine), RangeError);
    await rig.clock.settle();
    const second = files.getOrSet("k", unwanted as never, { hardTimeout: 250 });
    await rig.clock.settle();
    mine.abort(new RangeError("mine"));
    await first;
    gate.resolve();
    give(BODY.subarray(0, 5_000));
    const { body } = await second;
    await rig.clock.advance(300);
    give(BODY.subarray(5_000));
    end();
    equal(await read(body), BODY);
  },
  "of two writes the one that began later stays": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    const first = tap();
    const slow = files.set("k", first.source);
    first.give(BODY);
    await rig.clock.settle();
    await files.set("k", new Blob([some(3_000, 2)]));
    first.end();
    await slow;
    await rig.clock.settle();
    equal(await bodyOf(files.get("k")), some(3_000, 2));
    ok((await chunksOf(rig)).length <= 3);
  },
  "a loader decides about ttl, tags and keeping, and sees what was there": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    await bodyOf(
      files.getOrSet("skipped", ({ skip }) => {
        skip();
        return { body: BODY };
      }),
    );
    await clock.settle();
    same(await files.get("skipped"), undefined);
    await bodyOf(
      files.getOrSet(
        "k",
        ({ setTtl, setTags }) => {
          setTtl("1m");
          setTags(["t"]);
          return { body: BODY, meta: 1 };
        },
        { grace: "1h" },
      ),
    );
    await clock.settle();
    await clock.advance("2m");
    let seen: unknown;
    await bodyOf(
      files.getOrSet("k", ({ stale }) => {
        seen = stale;
        return { body: BODY };
      }),
    );
    equal(seen, { meta: 1, size: BODY.length });
  },
  "an old stream is served while its grace lasts, when a load fails": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, { ...OPTIONS });
    await files.set("k", BODY, { ttl: "1m", grace: "1h" });
    await clock.advance("2m");
    const failing = () => Promise.reject(new RangeError("down"));
    const found = await files.getOrSet("k", failing, { grace: "1h" });
    equal([found.stale, await read(found.body)], [true, BODY]);
    await rejects(files.getOrSet("other", failing), RangeError);
  },
  "an old stream is served at once within swr, and refreshed": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", BODY, { ttl: "1m", swr: "1h" });
    await clock.advance("2m");
    equal(await bodyOf(files.getOrSet("k", () => ({ body: some(5_000, 3) }), { swr: "1h" })), BODY);
    await clock.settle();
    equal(await bodyOf(files.get("k")), some(5_000, 3));
  },
  "what is loaded and too long to be kept is read on by those who read it, and by nobody else": async (open) => {
    const rig = open();
    const files = streams(rig.cache, { ...OPTIONS, maxBytes: 4_000 });
    let given = 0;
    const source = (async function* () {
      for (; given < 60; given++) yield some(CHUNK, given + 1);
    })();
    const first = await files.getOrSet("k", () => ({ body: source }));
    const second = await files.getOrSet("k", unwanted);
    await rig.clock.settle();
    ok(given <= 16, `${given} chunks were taken from the source of a stream that nobody reads on`);
    const third = await files.getOrSet("k", () => ({ body: some(9) }));
    equal(await read(third.body), some(9));
    const whole = new Uint8Array(60 * CHUNK);
    for (let at = 0; at < 60; at++) whole.set(some(CHUNK, at + 1), at * CHUNK);
    for (const bytes of await Promise.all([read(first.body), read(second.body)])) equal(bytes, whole);
    await rig.clock.settle();
    equal(await bodyOf(files.get("k")), some(9));
    equal(await chunksOf(rig), []);
    const left = tap();
    const { body } = await files.getOrSet("left", () => ({ body: left.source }));
    left.give(some(5_000));
    await rig.clock.settle();
    await body.cancel();
    left.give(some(5_000));
    await left.cancelled;
    await rig.clock.settle();
    equal(await chunksOf(rig), []);
  },
  "what is too long to be kept holds nothing of the cache while nobody reads it on": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, { ...OPTIONS, maxBytes: 3_000 });
    const { source, give, end } = tap();
    const { body } = await files.getOrSet("k", () => ({ body: source }));
    give(BODY);
    await clock.settle();
    const { fence } = (cache as unknown as { [INSIDE]: Verbs })[INSIDE].engine;
    const ticket = fence.enter();
    fence.leave();
    // Marks are kept for those who have tickets alone.
    fence.mark("other");
    ok(fence.passes("other", ticket));
    end();
    equal(await read(body), BODY);
  },
  "what is too long to be kept is read by all who ask at once, though it comes in one piece": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, { ...OPTIONS, maxBytes: 4_000 });
    const whole = some(40 * CHUNK);
    const asked = Promise.all([1, 2, 3].map(() => bodyOf(files.getOrSet("k", () => ({ body: whole })))));
    await clock.settle();
    equal(await asked, [whole, whole, whole]);
    await clock.settle();
    same(await files.get("k"), undefined);
  },
  "a stream that is being written is there for those who ask": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    const { source, give, end } = tap();
    const set = files.set("k", source);
    give(BODY.subarray(0, 5_000));
    await clock.settle();
    same(await files.get("k"), undefined);
    const found = await files.get("k", { filling: true });
    same(found?.filling, true);
    give(BODY.subarray(5_000));
    end();
    equal(await read(found?.body), BODY);
    await set;
  },
  "a source is asked for no more than is stored, and a tier for no more than is read": async (open) => {
    const { cache, clock, lower } = open();
    const files = streams(cache, OPTIONS);
    let given = 0;
    const source = (async function* () {
      for (; given < 100; given++) yield some(CHUNK, given + 1);
    })();
    if (lower) {
      lower.faults.fail({ setMany: "hang" });
      const set = files.set("k", source);
      set.catch(() => {});
      await clock.settle();
      ok(given <= 8, `${given} chunks were taken from the source of a tier that hangs`);
      lower.faults.heal();
      lower.faults.release();
      await clock.settle();
      await set;
    } else await files.set("k", source);
    const reads = (): number => lower?.faults.calls.getMany ?? 0;
    const { body } = (await files.get("k"))!;
    const reader = body.getReader();
    await reader.read();
    await clock.settle();
    const before = reads();
    await clock.settle();
    same(reads(), before);
    await reader.cancel();
  },
});

const shelved = stackSuite("filling streams on shelves", {
  "chunks are kept while a slow source fills, and go with one that never ends": async (open) => {
    const rig = open();
    const { cache, clock } = rig;
    const files = streams(cache, OPTIONS);
    const { source, give, end } = tap();
    const set = files.set("k", source, { ttl: "1h" });
    give(BODY.subarray(0, 5_000));
    for (let minutes = 0; minutes < 60; minutes += 3) await clock.advance("3m");
    give(BODY.subarray(5_000));
    end();
    await set;
    await clock.advance("59m");
    equal(await bodyOf(files.get("k")), BODY);
  },
  "a lost first chunk is a miss, which is loaded anew": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    await files.set("k", BODY);
    const [first] = await chunksOf(rig);
    await rig.cache.tier(rig.bottom).deleteMany([first!], rig.clock.now());
    same(await files.get("k"), undefined);
    await rig.clock.settle();
    equal(await rig.cache.keys(), []);
    equal(await chunksOf(rig), []);
    await files.set("k", BODY);
    await rig.cache.tier(rig.bottom).deleteMany(await chunksOf(rig), rig.clock.now());
    equal(await bodyOf(files.getOrSet("k", () => ({ body: some(9) }))), some(9));
  },
  "a chunk that is lost or of another length later on is an error, and then a miss": async (open) => {
    for (const change of ["delete", "cut"]) {
      const rig = open();
      const { cache, clock, bottom } = rig;
      const files = streams(cache, OPTIONS);
      const told: unknown[] = [];
      cache.on("corrupt", ({ error }) => told.push(error));
      await files.set("k", BODY);
      const key = (await chunksOf(rig)).find((one) => one.endsWith(":7"))!;
      if (change === "delete") await cache.tier(bottom).deleteMany([key], clock.now());
      else await tamper(rig, cache, key, (value) => (value as Uint8Array).slice(1));
      const { body } = (await files.get("k"))!;
      await rejects(read(body), CorruptError);
      await clock.settle();
      same(await files.get("k"), undefined);
      ok(told.length > 0);
      equal(await chunksOf(rig), []);
    }
  },
  "a tier that fails to write is the failure of the write, and leaves nothing": async (open) => {
    const { cache, clock, lower } = open();
    const files = streams(cache, OPTIONS);
    const { source, give } = tap();
    const set = files.set("k", source);
    give(BODY.subarray(0, 5_000));
    await clock.settle();
    lower!.faults.fail({ setMany: "throw" });
    give(BODY.subarray(5_000));
    await rejects(set, TierError);
    lower!.faults.heal();
    await clock.settle();
    same(await files.get("k"), undefined);
  },
  "a tier that fails to write does not break off what is loaded, and nothing of it is kept": async (open) => {
    for (const from of [0, 5_000]) {
      const rig = open();
      const { cache, clock, lower } = rig;
      const files = streams(cache, OPTIONS);
      const { source, give, end } = tap();
      if (from === 0) lower!.faults.fail({ setMany: "throw" });
      const found = await files.getOrSet("k", () => ({ body: source }));
      const second = read((await files.getOrSet("k", unwanted)).body);
      const first = read(found.body);
      give(BODY.subarray(0, 5_000));
      await clock.settle();
      lower!.faults.fail({ setMany: "throw" });
      for (let at = 5_000; at < BODY.length; at += 1_000) {
        give(BODY.subarray(at, at + 1_000));
        await clock.settle();
      }
      end();
      equal(await first, BODY);
      equal(await second, BODY);
      lower!.faults.heal();
      await clock.advance("1m");
      same(await files.get("k"), undefined);
      equal(await chunksOf(rig), []);
      equal(await bodyOf(files.getOrSet("k", () => ({ body: some(9_000) }))), some(9_000));
      await clock.settle();
      equal(await bodyOf(files.get("k")), some(9_000));
    }
  },
  "chunks that a tier loses while a stream is loaded do not break it off": async (open) => {
    const rig = open();
    const { cache, clock, bottom } = rig;
    const files = streams(cache, OPTIONS);
    const { source, give, end } = tap();
    const { body } = await files.getOrSet("k", () => ({ body: source }));
    const whole = read(body);
    give(BODY.subarray(0, 5_000));
    await clock.settle();
    await cache.tier(bottom).deleteMany(await chunksOf(rig), clock.now());
    await clock.advance("6m");
    give(BODY.subarray(5_000));
    end();
    equal(await whole, BODY);
    await clock.settle();
    same(await files.get("k"), undefined);
  },
  "a tier that is down while a stream is to be replaced has what was there when it is back": async (open) => {
    const { cache, clock, lower } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", BODY);
    const { source, give } = tap();
    const set = files.set("k", source);
    give(BODY.subarray(0, 2_000));
    await clock.settle();
    lower!.faults.fail("throw");
    give(BODY.subarray(2_000));
    await rejects(set, TierError);
    await clock.settle();
    lower!.faults.heal();
    await clock.advance("1m");
    equal(await bodyOf(files.get("k")), BODY);
  },
  "what was stored stays though the tier does not tell of it at once": async (open) => {
    const { cache, clock, lower } = open();
    const files = streams(cache, OPTIONS);
    const { source, give, end } = tap();
    const set = files.set("k", source, { ttl: "30m" });
    give(BODY);
    await clock.settle();
    lower!.faults.fail({ getMany: "throw" });
    end();
    await set;
    await clock.settle();
    lower!.faults.heal();
    await clock.advance("1m");
    equal(await bodyOf(files.get("k")), BODY);
  },
  "a tier that fails to read is a miss that deletes nothing": async (open) => {
    const { cache, clock, lower } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", BODY);
    lower!.faults.fail({ getMany: "throw" });
    same(await files.get("k"), undefined);
    lower!.faults.heal();
    await clock.advance("1m");
    equal(await bodyOf(files.get("k")), BODY);
  },
  "what another process has replaced is read as it is now, and stays": async (open) => {
    const { cache, peer } = open();
    const here = streams(cache, OPTIONS);
    const there = peer!();
    const told: unknown[] = [];
    there.on("corrupt", ({ error }) => told.push(error));
    const files = streams(there, OPTIONS);
    await here.set("k", BODY);
    equal(await bodyOf(files.get("k")), BODY);
    await here.set("k", some(6_000, 2));
    equal(await bodyOf(files.get("k")), some(6_000, 2));
    await here.set("k", some(7_000, 3));
    equal(await bodyOf(files.getOrSet("k", unwanted)), some(7_000, 3));
    equal(await bodyOf(streams(peer!(), OPTIONS).get("k")), some(7_000, 3));
    equal(told, []);
  },
  "a part that is lost when another process has replaced the stream takes nothing along": async (open) => {
    const rig = open();
    const [here, there] = [streams(rig.cache, OPTIONS), streams(rig.peer!(), OPTIONS)];
    await here.set("k", BODY);
    const { body } = (await there.get("k"))!;
    await here.set("k", some(6_000, 2));
    await rejects(read(body), CorruptError);
    await rig.clock.settle();
    equal(await bodyOf(streams(rig.peer!(), OPTIONS).get("k")), some(6_000, 2));
  },
  "who asked the tiers before a stream was there, and hears it when it is, gets it": async (open) => {
    const { cache, clock, lower } = open();
    const files = streams(cache, OPTIONS);
    const { source, give, end } = tap();
    const done = files.set("k", source);
    give(BODY);
    await clock.settle();
    lower!.faults.fail({ getMany: "mute" }, 1);
    const asked = files.get("k", { filling: true });
    await clock.settle();
    end();
    await done;
    lower!.faults.release();
    equal(await bodyOf(asked), BODY);
  },
  "what is still read or written when the cache is closed fails as closed": async (open) => {
    const { cache, clock, lower } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", some(20_000));
    const { body } = (await files.get("k"))!;
    ok((await take(body)).value);
    const { source, give } = tap();
    const written = files.set("other", source);
    give(BODY);
    await clock.settle();
    const closed = cache.close({ timeout: "1s" });
    await clock.advance("2s");
    await closed;
    lower!.faults.fail({ getMany: "throw", setMany: "throw" });
    await rejects(read(body), CacheClosedError);
    give(BODY);
    await rejects(written, CacheClosedError);
  },
  "who gives up while a stream is opened holds nothing of it": async (open) => {
    const rig = open();
    const { cache, clock, lower } = rig;
    const files = streams(cache, OPTIONS);
    await files.set("k", BODY);
    lower!.faults.fail({ getMany: "hang" }, 1);
    const stop = new AbortController();
    const got = files.get("k", { signal: stop.signal });
    await clock.settle();
    stop.abort(new RangeError("enough"));
    await rejects(got, RangeError);
    lower!.faults.release();
    await clock.settle();
    await files.delete("k");
    await clock.settle();
    equal(await chunksOf(rig), []);
  },
  "who reads what was replaced reads it to its end": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    await files.set("k", BODY);
    const { body } = (await files.get("k"))!;
    await files.set("k", some(3_000, 2));
    await rig.clock.settle();
    equal(await read(body), BODY);
    await rig.clock.settle();
    same((await chunksOf(rig)).length, 3);
  },
  "of two processes one loads, and the other gets what it stored": async (open, { tags }) => {
    if (!tags) return;
    const { cache, peer, clock } = open();
    const { source, give, end } = tap();
    const first = files(cache).getOrSet("k", () => ({ body: source }));
    await clock.settle();
    const second = files(peer!()).getOrSet("k", unwanted);
    give(BODY);
    await clock.advance("1s");
    end();
    equal(await bodyOf(first), BODY);
    await clock.advance("1s");
    equal(await bodyOf(second), BODY);
  },
});

function files(cache: Parameters<typeof streams>[0]): ReturnType<typeof streams> {
  return streams(cache, OPTIONS);
}

const alone = suite("a filling", {
  "a chunk is read that was stored before the one before it": async () => {
    const first = deferred();
    const kept = new Map<number, Uint8Array>();
    const fill = new Fill(piecesOf([some(12)]), {
      chunk: 4,
      maxBytes: 100,
      breathe: () => undefined,
      shelf: {
        async put(index, bytes) {
          if (index === 0) await first.promise;
          kept.set(index, bytes.slice());
          return true;
        },
        read: async (from, count) => Array.from({ length: count }, (_, i) => kept.get(from + i)),
      },
    });
    const { next, end } = fill.reader();
    const parts: number[] = [];
    await until(() => kept.size === 2);
    while (parts.length < 12) parts.push(...(await next())!);
    first.resolve();
    same(await next(), undefined);
    equal(Uint8Array.from(parts), some(12));
    equal(await fill.done, { size: 12, count: 3, parts: undefined });
    end();
  },
});

export const tests: TestCase[] = [...alone, ...ALL.flatMap(everywhere), ...SHELVED.flatMap(shelved)];
