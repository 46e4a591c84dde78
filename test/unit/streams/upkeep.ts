import { streams } from "../../../src/streams/mod.ts";
import type { ReadOptions } from "../../../src/tier.ts";
import { equal, rejects, same, type TestCase } from "../../contract/mod.ts";
import { type Rig, stackSuite } from "../cache/stacks.ts";
import { deferred, stateOf } from "../cache/tools.ts";
import { ALL, bodyOf, CHUNK, chunksOf, read, SHELVED, some, take, tap } from "./tools.ts";

const OPTIONS = { chunkBytes: CHUNK };
const BODY = some(5_000);
const CHUNKS = 5;

/** Keys in the tier at the bottom that tell of streams. */
async function anchorsOf({ cache, bottom, clock }: Rig): Promise<readonly string[]> {
  const { keys } = await cache.tier(bottom).scan!({ prefix: "", limit: 100_000, now: clock.now() });
  return keys.filter((key) => key.includes("@#streams:"));
}

const everywhere = stackSuite("streams at work", {
  "bytes that are at hand are refused as well when there are too many": async (open) => {
    const files = streams(open().cache, { ...OPTIONS, maxBytes: 10 });
    await files.set("k", some(10));
    await rejects(files.set("k", some(11)), "TIER_LIMIT");
    equal(await bodyOf(files.get("k")), some(10));
  },
  "a reader may do with its pieces what it likes": async (open) => {
    const files = streams(open().cache, OPTIONS);
    for (const length of [10, 3_000]) {
      await files.set("k", some(length));
      for (let round = 0; round < 2; round++) {
        const reader = (await files.get("k"))!.body.getReader();
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) piece.value.fill(0);
      }
      equal(await bodyOf(files.get("k")), some(length));
    }
  },
  "who wants another version does not read along": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    const first = tap();
    const one = files.getOrSet("k", () => ({ body: first.source }), { version: "1" });
    await clock.settle();
    first.give(some(2_000));
    const two = files.getOrSet("k", () => ({ body: some(3_000, 2) }), { version: "2" });
    await clock.settle();
    first.end();
    equal(await bodyOf(one), some(2_000));
    equal(await bodyOf(two), some(3_000, 2));
  },
  "a stream that was written does not keep others from being stored": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    const write = async (name: string) => {
      const keys = Array.from({ length: 9_000 }, (_, i) => `${name}${i}`);
      await cache.setMany(keys.map((key) => ({ key, value: 1 })));
    };
    await files.set("stream", new Blob([BODY]));
    await clock.settle();
    await write("before");
    const loaded = deferred<string>();
    const load = cache.getOrSet("k", () => loaded.promise);
    await clock.settle();
    await write("during");
    loaded.resolve("v");
    await load;
    same(await cache.get("k"), "v");
  },
});

const shelved = stackSuite("streams at work on shelves", {
  "the entry is not there before the last chunk is": async (open) => {
    const { cache, clock, lower, peer } = open({ lower: { timeout: "1h" } });
    const { source, give, end } = tap();
    const done = streams(cache, OPTIONS).set("k", source);
    give(BODY);
    await clock.settle();
    lower!.faults.fail({ setMany: "hang" }, 1);
    end();
    await clock.settle();
    same(await streams(peer!(), OPTIONS).get("k"), undefined);
    same(await stateOf(done, () => clock.settle()), "pending");
    lower!.faults.release();
    await done;
    equal(await bodyOf(streams(peer!(), OPTIONS).get("k")), BODY);
  },
  "a stream whose first chunk is lost while it is written is not stored": async (open) => {
    const rig = open();
    const { cache, clock, bottom } = rig;
    const { source, give } = tap();
    const done = streams(cache, OPTIONS).set("k", source);
    done.catch(() => {});
    give(BODY);
    await clock.settle();
    const [first] = await chunksOf(rig);
    await cache.tier(bottom).deleteMany([first!], clock.now());
    await clock.advance("5m");
    await rejects(done, "CORRUPT");
    same(await cache.get("k"), undefined);
  },
  "chunks outlive their entry": async (open) => {
    const rig = open();
    const { cache, clock, bottom } = rig;
    for (const options of [{ ttl: "30m" }, { ttl: "3h" }, { ttl: "2h", grace: "1d" }]) {
      await streams(cache, OPTIONS).set("k", new Blob([BODY]), options);
      const { entries } = await cache
        .tier(bottom)
        .getMany(["default:k", ...(await chunksOf(rig))], { now: clock.now() });
      const [end, ...ends] = entries.map((entry) => entry!.staleUntil);
      equal([ends.length, ends.filter((one) => one < end!)], [CHUNKS, []]);
    }
  },
  "what was deleted leaves nothing that tells of it": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    await files.set("k", new Blob([BODY]));
    same((await anchorsOf(rig)).length, 1);
    await files.delete("k");
    await rig.clock.settle();
    equal([...(await anchorsOf(rig)), ...(await chunksOf(rig))], []);
  },
  "chunks that nobody has any more are pruned, whatever took the place of their stream": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    for (const [key, replace] of Object.entries({
      deleted: () => rig.cache.delete("deleted"),
      "another value": () => rig.cache.set("another value", "plain"),
      "another stream": async () => {
        await files.set("other", new Blob([BODY]));
        await rig.cache.set("another stream", await rig.cache.get("other"));
        await files.delete("other");
      },
    })) {
      await files.set(key, new Blob([BODY]));
      await replace();
      await rig.clock.settle();
      same(await files.prune(), 1, key);
      equal([...(await anchorsOf(rig)), ...(await chunksOf(rig))], []);
    }
  },
  "chunks of what is there, of whatever version, are not pruned": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", new Blob([BODY]), { version: "2" });
    same(await files.prune(), 0);
    equal(await bodyOf(files.get("k", { version: "2" })), BODY);
  },
  "nor are those of what is being written, here or in another process": async (open) => {
    const { cache, clock, peer } = open();
    const files = streams(cache, OPTIONS);
    const { source, give, end } = tap();
    const done = files.set("k", source);
    give(BODY);
    await clock.settle();
    equal([await files.prune(), await streams(peer!(), OPTIONS).prune()], [0, 0]);
    end();
    await done;
    equal(await bodyOf(files.get("k")), BODY);
  },
  "nor those of what another process has put in the place of what this one knows": async (open) => {
    const { cache, peer } = open();
    const [here, there] = [streams(cache, OPTIONS), streams(peer!(), OPTIONS)];
    await here.set("k", new Blob([BODY]));
    equal(await bodyOf(there.get("k")), BODY);
    await here.set("k", new Blob([some(7_000, 2)]));
    same(await there.prune(), 0);
    equal(await bodyOf(here.get("k")), some(7_000, 2));
  },
  "nor those of what a tier does not tell of": async (open) => {
    const { cache, peer, lower } = open();
    const [here, there] = [streams(cache, OPTIONS), streams(peer!(), OPTIONS)];
    await there.set("k", new Blob([BODY]));
    const { getMany } = lower!;
    Object.assign(lower!, {
      getMany: (keys: readonly string[], options: ReadOptions) => {
        if (keys.includes("default:k")) throw new Error("down");
        return getMany(keys, options);
      },
    });
    same(await here.prune(), 0);
    equal(await bodyOf(there.get("k")), BODY);
  },
  "nor those of what is being read, as long as anybody reads it": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    await files.set("k", new Blob([BODY]));
    const bodies = [(await files.get("k"))!.body, (await files.get("k"))!.body] as const;
    for (const body of bodies) equal((await take(body)).value, BODY.slice(0, CHUNK));
    await rig.cache.delete("k");
    same(await files.prune(), 0);
    equal(await read(bodies[0]), BODY.slice(CHUNK));
    same(await files.prune(), 0);
    equal(await read(bodies[1]), BODY.slice(CHUNK));
    same(await files.prune(), 1);
    equal(await chunksOf(rig), []);
  },
  "what was replaced stays until the last of its readers has read it": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    await files.set("k", new Blob([BODY]));
    const bodies = [(await files.get("k"))!.body, (await files.get("k"))!.body] as const;
    await files.set("k", some(10));
    await rig.clock.settle();
    equal(await read(bodies[0]), BODY);
    await rig.clock.settle();
    equal(await read(bodies[1]), BODY);
    await rig.clock.settle();
    equal(await chunksOf(rig), []);
  },
});

export const tests: TestCase[] = [...ALL.flatMap(everywhere), ...SHELVED.flatMap(shelved)];
