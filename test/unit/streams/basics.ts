import { type Cache, createCache, defineScopes, memory, TierLimitError } from "../../../mod.ts";
import { keyRing } from "../../../src/bytes/encryption/key-ring.ts";
import { streams } from "../../../src/streams/mod.ts";
import type { StreamSource } from "../../../src/streams/types.ts";
import { equal, ok, rejects, same, type TestCase, throws } from "../../contract/mod.ts";
import { stackSuite } from "../cache/stacks.ts";
import { gather } from "../cache/tools.ts";
import { ALL, bodyOf, CHUNK, chunksOf, read, readInto, SHELVED, some, take, tap } from "./tools.ts";

const OPTIONS = { chunkBytes: CHUNK };

/** Every kind of source with the same bytes. */
function sources(bytes: Uint8Array<ArrayBuffer>): Record<string, () => StreamSource> {
  const halves = [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];
  return {
    bytes: () => bytes,
    buffer: () => bytes.slice().buffer,
    blob: () => new Blob([bytes]),
    list: () => halves,
    generator: () =>
      (async function* () {
        yield* halves;
      })(),
    stream: () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (const half of halves) controller.enqueue(half);
          controller.close();
        },
      }),
  };
}

const everywhere = stackSuite("streams", {
  "what was stored comes back, whatever its length and source": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    for (const length of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK, 10_000]) {
      const bytes = some(length);
      for (const [kind, source] of Object.entries(sources(bytes))) {
        await files.set("k", source());
        const found = await files.get("k");
        same(found?.size, length, `${kind} of ${length}`);
        equal(await read(found?.body), bytes, `${kind} of ${length}`);
      }
    }
  },
  "what was stored can be read into memory of the reader's own, in pieces of any length": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    for (const length of [0, 1, CHUNK, 2 * CHUNK + 7, 5_000]) {
      const bytes = some(length);
      await files.set("k", bytes);
      for (const piece of [1, 1_000, CHUNK, 3 * CHUNK]) {
        if (piece === 1 && length > CHUNK) continue;
        equal(await readInto((await files.get("k"))!.body, piece), bytes, `${length} by ${piece}`);
      }
    }
    equal(await bodyOf(files.get("k")), some(5_000), "what is stored is not touched");
  },
  "a body can be read by turns into memory of the reader's own and as it comes": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    const bytes = some(3 * CHUNK);
    await files.set("k", bytes);
    const { body } = (await files.get("k"))!;
    const own = body.getReader({ mode: "byob" });
    const { value: first } = await own.read(new Uint8Array(100));
    own.releaseLock();
    const { value: second } = await take(body);
    equal([first?.length, second?.length], [100, CHUNK - 100]);
    const rest = (await read(body))!;
    equal(new Uint8Array([...first!, ...second!, ...rest]), bytes);
  },
  "who reads into memory of its own along with the source has every byte": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    const bytes = some(3 * CHUNK + 5);
    const { source, give, end } = tap();
    const filled = await files.getOrSet("k", () => ({ body: source }));
    const other = (await files.getOrSet("k", () => ({ body: some(1) }))).body;
    const all = [readInto(filled.body, 300), readInto(other, CHUNK)];
    for (let at = 0; at < bytes.length; at += 500) give(bytes.slice(at, at + 500));
    end();
    for (const one of await Promise.all(all)) equal(one, bytes);
    await clock.settle();
    equal(await bodyOf(files.get("k")), bytes);
  },
  "a miss is undefined, and so is a value that is no stream": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    same(await files.get("k"), undefined);
    await cache.set("k", { body: "no stream" });
    same(await files.get("k"), undefined);
    same(await files.has("k"), false);
    equal(await bodyOf(files.getOrSet("k", () => ({ body: some(10) }))), some(10));
    await clock.settle();
    same(await files.has("k"), true);
  },
  "a stream comes with its meta and its times": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    const meta = { type: "text/plain", list: [1, "two", null] };
    await files.set("k", some(3_000), { meta, ttl: "1m", grace: "1h" });
    const now = clock.now();
    await clock.advance("10s");
    const { body, ...found } = (await files.get("k"))!;
    await body.cancel();
    equal(found, {
      meta,
      size: 3_000,
      createdAt: now,
      freshUntil: now + 60_000,
      staleUntil: now + 3_660_000,
      stale: false,
      filling: false,
    });
  },
  "its ttl ends it, and within its grace it is there for those who ask": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", some(3_000), { ttl: "1m", grace: "1m" });
    await clock.advance("59s");
    ok(await files.has("k"));
    await clock.advance("2s");
    same(await files.get("k"), undefined);
    const old = await files.get("k", { stale: true });
    same(old?.stale, true);
    equal(await read(old?.body), some(3_000));
    await clock.advance("1m");
    same(await files.get("k", { stale: true }), undefined);
  },
  "tags, versions and scopes of names hold for streams": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", some(3_000), { tags: ["t"], version: "2" });
    same(await files.get("k"), undefined);
    equal(await bodyOf(files.get("k", { version: "2" })), some(3_000));
    await cache.invalidateTags(["t"]);
    same(await files.get("k", { version: "2" }), undefined);
    await streams(cache.namespace("n"), OPTIONS).set("k", some(2_000, 2));
    same(await files.get("k"), undefined);
    equal(await bodyOf(streams(cache.namespace("n"), OPTIONS).get("k")), some(2_000, 2));
    await cache.namespace("n").clear();
    same(await streams(cache.namespace("n"), OPTIONS).get("k"), undefined);
  },
  "chunks are seen by no listing, and plain reads see what the entry is": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", some(5_000));
    equal(await cache.keys(), ["k"]);
    same(await cache.size(), 1);
    same((await gather(cache.entries())).length, 1);
    same((await gather(cache.metas())).length, 1);
    same((await cache.get<Record<string, unknown>>("k"))?.["tiercel-stream"], 1);
  },
  "responses come back with status, headers and body": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    const headers = { "content-type": "text/plain", etag: '"1"' };
    await files.setResponse("r", new Response("x".repeat(5_000), { status: 201, statusText: "Made", headers }));
    const response = (await files.getResponse("r"))!;
    equal([response.status, response.statusText, response.headers.get("etag")], [201, "Made", '"1"']);
    same(await response.text(), "x".repeat(5_000));
    await files.setResponse("empty", new Response(null, { status: 204 }));
    const empty = (await files.getResponse("empty"))!;
    equal([empty.status, empty.body], [204, null]);
    same(await files.getBlob("r"), undefined);
    await files.set("plain", some(10));
    same(await files.getResponse("plain"), undefined);
    const used = new Response("used");
    await used.text();
    await rejects(files.setResponse("r", used), "VALUE");
    await rejects(files.setResponse("r", Response.error()), "VALUE");
  },
  "blobs come back with their type": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    await files.setBlob("b", new Blob([some(3_000)], { type: "image/png" }));
    const blob = (await files.getBlob("b"))!;
    equal([blob.type, blob.size], ["image/png", 3_000]);
    equal(new Uint8Array(await blob.arrayBuffer()), some(3_000));
    same(await files.getResponse("b"), undefined);
  },
  "what is too long is refused, and what was there stays": async (open) => {
    const { cache } = open();
    const files = streams(cache, { ...OPTIONS, maxBytes: 4_000 });
    await files.set("k", some(4_000));
    await rejects(files.set("k", some(4_001)), TierLimitError);
    await rejects(files.set("k", new Blob([some(4_001)])), TierLimitError);
    equal(await bodyOf(files.get("k")), some(4_000));
  },
  "what cannot be stored is refused before anything is read": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    for (const text of ["a secret", ["a secret"]]) {
      const { message } = await rejects(files.set("k", text as never), "VALUE");
      ok(/received a string$/.test(message), message);
    }
    const { source } = tap();
    source.getReader();
    await rejects(files.set("k", source), "VALUE");
    same(await files.get("k"), undefined);
    await cache.close();
    const late = tap();
    await rejects(files.set("k", late.source), "CLOSED");
    await late.cancelled;
  },
  "a cache that is switched off stores nothing, and nothing old comes back": async (open) => {
    const rig = open();
    const { cache, clock } = rig;
    const files = streams(cache, OPTIONS);
    for (const source of [some(10), new Blob([some(10)]), new Blob([some(5_000)])]) {
      await files.set("k", some(3_000, 2), { tags: ["t"] });
      for (const tags of [undefined, ["t"]]) {
        const off = cache.disable(tags && { tags });
        same(await files.get("k"), undefined);
        equal(await bodyOf(files.getOrSet("k", () => ({ body: some(3_000, 3) }), { tags: ["t"] })), some(3_000, 3));
        await clock.settle();
        await files.set("k", source, { tags: ["t"] });
        off.enable();
        await clock.settle();
        same(await files.get("k"), undefined);
      }
      await clock.settle();
      equal(await chunksOf(rig), []);
    }
  },
  "a view that inherits has streams of its own alone": async (open) => {
    const scopes = defineScopes({ org: { param: "org", children: { user: { param: "user" } } } });
    const { cache } = open({ scopes } as object);
    const all = cache as unknown as Cache<typeof scopes>;
    await streams(all.scope("org", { org: 1 }), OPTIONS).set("k", some(3_000));
    const files = streams(all.scope("user", { org: 1, user: 2 }, { inherit: true }), OPTIONS);
    same(await files.get("k"), undefined);
    equal(await bodyOf(files.getOrSet("k", () => ({ body: some(2_000) }))), some(2_000));
    await all.invalidateScope("org", { org: 1 });
    same(await files.get("k"), undefined);
    same(await streams(all.scope("org", { org: 1 })).get("k"), undefined);
  },
  "a caller may change what it was given and what it gave": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    for (const length of [10, 3_000]) {
      const given = some(length);
      await files.set("k", given);
      given.fill(0);
      (await bodyOf(files.get("k")))!.fill(1);
      equal(await bodyOf(files.get("k")), some(length));
    }
  },
  "deleting says whether there was one": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", some(3_000));
    same(await files.delete("k"), true);
    same(await files.delete("k"), false);
    same(await files.get("k"), undefined);
  },
  "what cannot be stored or is no option is refused by an error that says so": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    const gone = some(10);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    // Not every runtime can transfer.
    const transferred = gone.length === 0 ? [gone, gone.buffer, [gone]] : [];
    for (const source of [...transferred, undefined, "text"]) await rejects(files.set("k", source as never), "VALUE");
    for (const loaded of [undefined, null, "text", {}])
      await rejects(
        files.getOrSet("k", () => loaded as never),
        "VALUE",
      );
    await rejects(files.setResponse("k", undefined as never), "VALUE");
    await rejects(files.setBlob("k", undefined as never), "VALUE");
    for (const source of [some(10), some(5_000)]) {
      await rejects(files.set("k", source, null as never), "CONFIG");
      await rejects(files.set("k", source, { tags: [""] }), "KEY");
    }
    same(await files.get("k"), undefined);
  },
  "an aborted signal ends a body": async (open) => {
    const { cache } = open();
    const files = streams(cache, OPTIONS);
    await files.set("k", some(3_000));
    const stop = new AbortController();
    const { body } = (await files.get("k", { signal: stop.signal }))!;
    const reader = body.getReader();
    ok((await reader.read()).value);
    stop.abort(new RangeError("enough"));
    await rejects(reader.read(), RangeError);
    await rejects(files.get("k", { signal: stop.signal }), RangeError);
    await rejects(files.set("k", some(10), { signal: stop.signal }), RangeError);
  },
});

const shelved = stackSuite("streams on shelves", {
  "memory keeps no chunk": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    await files.set("k", some(5_000));
    await bodyOf(files.get("k"));
    same((await chunksOf(rig)).length, 5);
    if (rig.top !== rig.bottom) equal([rig.cache.stats().tiers[0]!.entries], [1]);
  },
  "a body of one chunk is one entry": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    const before = rig.lower!.faults.calls.setMany;
    await files.set("k", some(CHUNK));
    same(rig.lower!.faults.calls.setMany - before, 1);
    equal(await chunksOf(rig), []);
  },
  "what was replaced or deleted leaves no chunk behind": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    await files.set("k", some(5_000));
    await files.set("k", some(3_000));
    await rig.clock.settle();
    same((await chunksOf(rig)).length, 3);
    await files.set("k", some(10));
    await rig.clock.settle();
    equal(await chunksOf(rig), []);
    await files.set("k", new Blob([some(5_000)]));
    await files.delete("k");
    await rig.clock.settle();
    equal(await chunksOf(rig), []);
  },
  "another process reads what this one wrote": async (open) => {
    const { cache, peer } = open();
    await streams(cache, OPTIONS).set("k", some(5_000), { meta: "m" });
    const found = await streams(peer!()).get("k");
    equal([found?.meta, await read(found?.body)], ["m", some(5_000)]);
  },
  "a process that writes nothing into a tier reads what is there": async (open) => {
    const { cache, peer } = open();
    await streams(cache, OPTIONS).set("k", some(5_000));
    equal(await bodyOf(streams(peer!({ lower: { write: "around" } })).get("k")), some(5_000));
  },
  "streams that are to live long live long": async (open) => {
    const { cache, clock } = open();
    const files = streams(cache, OPTIONS);
    await files.set("day", some(3_000), { ttl: "1d" });
    await files.set("ever", some(3_000, 2));
    await files.set("brief", some(3_000, 3), { ttl: "30m" });
    await clock.advance("29m");
    equal(await bodyOf(files.get("brief")), some(3_000, 3));
    await clock.advance("23h");
    equal(await bodyOf(files.get("day")), some(3_000));
    await clock.advance("90d");
    same(await files.get("day"), undefined);
    equal(await bodyOf(files.get("ever")), some(3_000, 2));
  },
  "chunks of what was deleted as an entry are pruned": async (open) => {
    const rig = open();
    const files = streams(rig.cache, OPTIONS);
    await files.set("a", some(5_000));
    await files.set("b", some(5_000));
    await rig.cache.delete("a");
    same((await chunksOf(rig)).length, 10);
    same(await files.prune(), 1);
    same((await chunksOf(rig)).length, 5);
    same(await files.prune(), 0);
    equal(await bodyOf(files.get("b")), some(5_000));
  },
  "a meta that cannot be kept is refused before anything is read": async (open, { name }) => {
    if (name !== "memory+bytes") return;
    const { cache } = open();
    const encryption = keyRing({ current: some(32) });
    for (const files of [streams(cache, OPTIONS), streams(cache, { ...OPTIONS, encryption })]) {
      const { source, cancelled } = tap();
      await rejects(files.set("k", source, { meta: () => 1 }), "CODEC");
      await cancelled;
      await rejects(files.set("k", some(1), { meta: () => 1 }), "CODEC");
      same(await files.get("k"), undefined);
    }
  },
  "what is written behind is read back before it is stored": async (open) => {
    const { cache, clock, lower } = open({ lower: { write: "behind" } });
    for (const options of [OPTIONS, { ...OPTIONS, encryption: keyRing({ current: some(32) }) }]) {
      const files = streams(cache, options);
      lower!.faults.fail({ setMany: "hang" });
      const pieces = async function* () {
        for (let at = 0; at < 20_000; at += 500) yield some(20_000).subarray(at, at + 500);
      };
      await files.set("k", pieces(), { ttl: "10m" });
      equal(await bodyOf(files.get("k")), some(20_000));
      lower!.faults.heal();
      lower!.faults.release();
      await clock.settle();
      equal(await bodyOf(files.get("k")), some(20_000));
    }
  },
  "clearing clears chunks too": async (open) => {
    const rig = open();
    await streams(rig.cache, OPTIONS).set("a", some(5_000));
    await rig.cache.clear();
    equal(await chunksOf(rig), []);
  },
});

export const tests: TestCase[] = [
  ...ALL.flatMap(everywhere),
  ...SHELVED.flatMap(shelved),
  {
    name: "streams: wrong options are refused",
    run: () => {
      const cache = createCache({ tiers: [memory()] });
      throws(() => streams({} as never), "CONFIG");
      throws(() => streams(cache, { chunkBytes: 10 }), "CONFIG");
      throws(() => streams(cache, { maxBytes: 0 }), "CONFIG");
      throws(() => streams(cache, { encryption: {} as never }), "CONFIG");
      throws(() => streams(cache, { maxBytes: "5" as never }), "CONFIG");
      throws(() => streams(cache, null as never), "CONFIG");
    },
  },
];
