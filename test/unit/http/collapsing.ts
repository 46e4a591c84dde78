import { createCache } from "../../../mod.ts";
import { hasTimers } from "../../../src/clock.ts";
import { Fill } from "../../../src/http/fill.ts";
import { withHttpCache } from "../../../src/http/mod.ts";
import type { Spill } from "../../../src/http/spilling.ts";
import { faultyTier, mapTier, ok, rejects, same, suite, type TestCase } from "../../contract/mod.ts";
import { bodyOf, site } from "./tools.ts";

const FRESH = { "cache-control": "max-age=60" };

/** A promise with what settles it. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** How many bytes come, each of which must be at its place. */
async function sizeOf(response: Response): Promise<number> {
  let size = 0;
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return size;
    for (const at of [0, value.byteLength - 1])
      same(value[at], Math.floor((size + at) / 16_384) % 251, `byte ${size + at}`);
    size += value.byteLength;
  }
}

/** The same of one who has a buffer of his own for all. */
async function sizeInto(response: Response): Promise<number> {
  const reader = response.body!.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(10_000);
  for (let size = 0; ; ) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done) return size;
    for (const at of [0, value.byteLength - 1])
      same(value[at], Math.floor((size + at) / 16_384) % 251, `byte ${size + at}`);
    size += value.byteLength;
    buffer = value.buffer;
  }
}

export const tests: TestCase[] = suite("http collapsing", {
  "holds no stored body for a reader who left while it was opened": async () => {
    const opening = deferred<void>();
    const asked = deferred<void>();
    let isCancelled = false;
    const spill: Spill = {
      write: async (source) => void (await new Response(source as BodyInit).arrayBuffer()),
      async read() {
        asked.resolve();
        await opening.promise;
        return new ReadableStream({ cancel: () => void (isCancelled = true) }, { highWaterMark: 0 });
      },
      drop: async () => {},
    };
    const fill = new Fill(bodyOf(200, 16_384), { inlineBytes: 1_000, maxBytes: Infinity, spill });
    const [fast, slow] = [fill.open(), fill.open().getReader()];
    await new Response(fast as BodyInit).arrayBuffer();
    const reading = slow.read();
    await asked.promise;
    await slow.cancel();
    opening.resolve();
    await reading;
    await fill.finished;
    for (let turns = 0; turns < 20 && !isCancelled; turns++) await undefined;
    ok(isCancelled);
  },
  "gives readers bytes of their own, though the chunks of a body be of a kind that cannot be copied": async () => {
    /** As Node's Buffer, whose slices share its memory. */
    class Sharing extends Uint8Array<ArrayBuffer> {
      override slice(from?: number, to?: number): Sharing {
        return new Sharing(this.buffer, this.byteOffset + (from ?? 0), (to ?? this.length) - (from ?? 0));
      }
    }
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        const whole = new ArrayBuffer(20);
        new Uint8Array(whole).fill(7);
        for (const at of [0, 10]) controller.enqueue(new Sharing(whole, at, 10));
        controller.enqueue(new Sharing(new Uint8Array(10).fill(7).buffer));
        controller.close();
      },
    });
    const fill = new Fill(source, { inlineBytes: 100, maxBytes: 100, spill: undefined as never });
    const bodies = [fill.open(), fill.open()];
    for (const body of bodies) {
      const bytes = new Uint8Array(await new Response(body as BodyInit).arrayBuffer());
      same(bytes.join(), new Array(30).fill(7).join());
    }
    const filled = await fill.finished;
    ok(filled && "bytes" in filled && filled.bytes.every((byte) => byte === 7), "what is stored is whole");
  },
  "gives a body that comes to readers with memory of their own": async () => {
    const { get, settle } = site(() => new Response(bodyOf(200, 16_384), { headers: FRESH }), { tiers: true });
    same(await sizeInto(await get("/")), 200 * 16_384);
    await settle();
  },
  "asks the origin once for a thousand requests": async () => {
    const gate = deferred<void>();
    const { get, clock, asked, settle } = site(async () => {
      await gate.promise;
      return new Response("page", { headers: FRESH });
    });
    const all = Array.from({ length: 1_000 }, () => get("/"));
    await clock.settle();
    gate.resolve();
    const texts = await Promise.all(all.map(async (one) => (await one).text()));
    ok(texts.every((text) => text === "page"));
    await settle();
    same(asked.length, 1);
  },
  "asks once for each variant": async () => {
    const { get, asked, settle } = site(
      (request) => new Response(request.headers.get("x-a"), { headers: { ...FRESH, vary: "x-a" } }),
    );
    const all = Array.from({ length: 100 }, async (_, at) => (await get("/", { "x-a": `${at % 4}` })).text());
    const texts = await Promise.all(all);
    ok(texts.every((text, at) => text === `${at % 4}`));
    await settle();
    ok(asked.length <= 8, `${asked.length} requests`);
  },
  "shares no answer that is for one alone": async () => {
    const { get, clock } = site((_, count) => new Response(`${count}`, { headers: { "cache-control": "private" } }));
    const all = Array.from({ length: 10 }, async () => (await get("/")).text());
    await clock.settle();
    same(new Set(await Promise.all(all)).size, 10);
  },
  "does not have those wait for each other whose answers are for one alone": async () => {
    const gates: (() => void)[] = [];
    const { get, text, clock } = site(async (_, count) => {
      if (count > 1) await new Promise<void>((resolve) => gates.push(resolve));
      return new Response(`${count}`, { headers: { "cache-control": "no-store" } });
    });
    await text("/");
    const all = [get("/"), get("/"), get("/")];
    await clock.settle();
    same(gates.length, 3);
    for (const open of gates) open();
    await Promise.all(all);
  },
  "fails for all who wait when the origin fails, and asks again for the next": async () => {
    let isDown = true;
    const { get, text } = site(() => {
      if (isDown) throw new TypeError("down");
      return new Response("up", { headers: FRESH });
    });
    const all = [get("/"), get("/"), get("/")];
    for (const one of all) await rejects(one, TypeError);
    isDown = false;
    same(await text("/"), "up");
  },
  "does not let those wait for an old answer who come after an unsafe request": async () => {
    const gate = deferred<void>();
    const { get, clock } = site(async (request, count) => {
      if (count === 1) await gate.promise;
      return new Response(`${request.method} ${count}`, { headers: FRESH });
    });
    const old = get("/");
    await clock.settle();
    await get("/", {}, { method: "PUT" });
    const fresh = get("/");
    await clock.settle();
    gate.resolve();
    same(await (await fresh).text(), "GET 3");
    same(await (await old).text(), "GET 1");
  },
  "gives every reader all bytes of a long body, also when the first one leaves": async () => {
    for (const tiers of [true, false]) {
      const size = 300 * 16_384;
      const { get, settle, asked } = site(() => new Response(bodyOf(300, 16_384) as BodyInit, { headers: FRESH }), {
        tiers,
      });
      const first = await get("/");
      const others = await Promise.all(Array.from({ length: 10 }, () => get("/")));
      const reader = first.body!.getReader();
      await reader.read();
      const sizes = others.map(sizeOf);
      await reader.cancel();
      for (const one of sizes) same(await one, size);
      await settle();
      const stored = await get("/");
      same(stored.headers.get("cache-status")?.startsWith("Tiercel; hit"), true);
      same(await sizeOf(stored), size);
      // On Workers a request cannot read another's body.
      if (hasTimers()) same(asked.length, 1);
    }
  },
  "stores a long body to its end when all readers have left": async () => {
    const { get, settle, asked } = site(() => new Response(bodyOf(300, 16_384) as BodyInit, { headers: FRESH }), {
      tiers: true,
    });
    await (await get("/")).body!.cancel();
    await settle();
    same(await sizeOf(await get("/")), 300 * 16_384);
    same(asked.length, 1);
  },
  "lets no reader who stands still hold up another": async () => {
    const { get, settle } = site(() => new Response(bodyOf(300, 16_384) as BodyInit, { headers: FRESH }), {
      tiers: true,
    });
    const still = await get("/");
    const other = await get("/");
    same(await sizeOf(other), 300 * 16_384);
    same(await sizeOf(still), 300 * 16_384);
    await settle();
  },
  "passes on what is too long, and stores nothing of it": async () => {
    for (const length of [true, false]) {
      const headers: Record<string, string> = length ? { ...FRESH, "content-length": `${300 * 16_384}` } : FRESH;
      const { get, settle, cache, asked } = site(() => new Response(bodyOf(300, 16_384) as BodyInit, { headers }), {
        maxBytes: 1_000_000,
        tiers: true,
      });
      const all = [await get("/"), await get("/")];
      for (const size of await Promise.all(all.map(sizeOf))) same(size, 300 * 16_384);
      await settle();
      same((await cache.keys()).length, 0);
      ok(asked.length >= 1);
    }
  },
  "goes on when the store fails in the middle": async () => {
    const tier = faultyTier(mapTier());
    const cache = createCache({ tiers: [tier] });
    const works: Promise<unknown>[] = [];
    let chunks = 0;
    const handler = withHttpCache(
      () => {
        const body = bodyOf(300, 16_384).pipeThrough(
          new TransformStream({
            transform(chunk, controller) {
              if (++chunks === 100) tier.faults.fail({ setMany: "throw", getMany: "throw" });
              controller.enqueue(chunk);
            },
          }),
        );
        return new Response(body as BodyInit, { headers: FRESH });
      },
      cache,
      { waitUntil: (work) => works.push(work) },
    );
    same(await sizeOf(await handler(new Request("https://site.example/"))), 300 * 16_384);
    await Promise.all(works);
    await cache.close();
  },
  "stores nothing of a body that breaks off, and tells its readers": async () => {
    for (const chunks of [2, 300]) {
      const { get, settle, cache } = site(
        () => {
          const source = bodyOf(chunks, 16_384).getReader();
          const body = new ReadableStream({
            async pull(controller) {
              const { done, value } = await source.read();
              if (done) controller.error(new TypeError("broken off"));
              else controller.enqueue(value);
            },
          });
          return new Response(body as BodyInit, { headers: FRESH });
        },
        { tiers: true },
      );
      await rejects(sizeOf(await get("/")), TypeError);
      await settle();
      same((await cache.keys()).length, 0);
    }
  },
  "does not have a request for a range wait for a body that comes, nor one for all for a range": async () => {
    for (const [first, second] of [
      [{}, { range: "bytes=0-1" }],
      [{ range: "bytes=0-1" }, {}],
      [{ range: "bytes=0-1" }, { range: "bytes=2-3" }],
    ] as Record<string, string>[][]) {
      const standing = deferred<void>();
      const { get, asked, settle } = site((request, count) => {
        const body = new ReadableStream<Uint8Array>({
          async start(controller) {
            controller.enqueue(new Uint8Array(2));
            if (count === 1) await standing.promise;
            controller.close();
          },
        });
        const range = /=(.*)/.exec(request.headers.get("range") ?? "")?.[1];
        const headers = { ...FRESH, ...(range && { "content-range": `bytes ${range}/10` }) };
        return new Response(body as BodyInit, { status: range ? 206 : 200, headers });
      });
      await get("/", first);
      same((await (await get("/", second)).arrayBuffer()).byteLength, 2);
      same(asked.length, 2);
      standing.resolve();
      await settle();
    }
  },
  "keeps the text of a body whose chunks are texts or buffers, and fails for others": async () => {
    const body = (chunk: unknown): BodyInit =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(chunk as never);
          controller.close();
        },
      }) as BodyInit;
    for (const chunk of ["grün", new TextEncoder().encode("grün").buffer, new TextEncoder().encode("grün")]) {
      const { text } = site(() => new Response(body(chunk), { headers: FRESH }));
      same(await text("/"), "grün");
      same(await text("/"), "grün");
    }
    const { get, settle, cache } = site(() => new Response(body({ a: 1 }), { headers: FRESH }));
    await rejects((await get("/")).text(), TypeError);
    await settle();
    same((await cache.keys()).length, 0);
  },
  "leaves nothing of a long body that is not of the length that was told": async () => {
    for (const length of ["299999", "300001"]) {
      const tier = mapTier();
      const { get, settle, clock } = site(
        () => new Response(new Uint8Array(300_000), { headers: { ...FRESH, "content-length": length } }),
        { cacheOptions: { tiers: [tier] } },
      );
      same((await (await get("/")).arrayBuffer()).byteLength, 300_000);
      await settle();
      same(await tier.size!("", clock.now()), 0, length);
    }
  },
});
