/**
 * A program that stores a long stream and reads it back, or begins to store one and waits to be killed.
 *
 *     node streams-child.ts whole|begin|read|store|sum sqlite:PATH|redis://… BYTES [sealed]
 */
import { randomFillSync } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { redis } from "../../adapters/redis.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { keyRing } from "../../src/bytes/encryption/key-ring.ts";
import { streams } from "../../src/streams/mod.ts";

const [what = "", target = "", size = "0", sealed = ""] = process.argv.slice(2);
const length = Number(size);
const isFile = target.startsWith("sqlite:");
// A busy machine may take its time: what is asked is what a stream takes of memory.
const tier = isFile ? sqlite(target.slice(7)) : redis(target, { timeout: "1m" });
const cache = createCache({ name: "streams", tiers: [memory(), tier], ttl: "1d" });
const encryption = keyRing({ current: new Uint8Array(32).fill(7) });
const files = streams(cache, sealed ? { encryption } : {});
/** Bytes of a piece of the source: no part of a chunk. */
const PIECE = 50_000;
/** Bytes of a first stream through a server. */
const WARM = 33_554_432;

/** Pieces that all differ in their first bytes, made in one buffer, as a socket would. */
const source = async function* (length: number) {
  const piece = new Uint8Array(PIECE);
  randomFillSync(piece);
  const view = new DataView(piece.buffer);
  for (let at = 0; at < length; at += PIECE) {
    view.setUint32(0, at);
    yield at + PIECE > length ? piece.subarray(0, length - at) : piece;
  }
};

let begin = process.memoryUsage.rss();
let peak = 0;
const measure = (): void => {
  peak = Math.max(peak, process.memoryUsage.rss());
};

/** Reads all into one buffer of its own. */
async function readInto(body: ReadableStream<Uint8Array>): Promise<number> {
  const reader = body.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(65_536);
  for (let read = 0; ; ) {
    const { value, done } = await reader.read(new Uint8Array(buffer));
    if (done) return read;
    read += value.length;
    buffer = value.buffer;
    measure();
  }
}

/** Reads all as it is handed out. */
async function readOut(body: ReadableStream<Uint8Array>): Promise<number> {
  let read = 0;
  for await (const bytes of body) {
    read += bytes.length;
    measure();
  }
  return read;
}

function fresh(length: number): ReadableStream<Uint8Array> {
  let made = 0;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      await Promise.resolve();
      if (made >= length) return controller.close();
      made += 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(made));
    },
  });
}

function same(read: number): void {
  if (read !== length) throw new Error(`${length} bytes must be read: received ${read}`);
}

if (what === "begin") {
  const endless = async function* () {
    for (let chunks = 0; ; chunks++) {
      yield new Uint8Array(65_536).fill(chunks);
      if (chunks === 100) console.log("begun");
      // Whoever kills it may be long in doing so, and the disk is to have room until then.
      if (chunks > 100) await setTimeout(10);
    }
  };
  await files.set("k", endless());
} else if (what === "read") {
  const found = await files.get("k");
  console.log(found ? "there" : "missing");
  await found?.body.cancel();
} else if (what === "store") {
  await files.set("k", source(length), { meta: { of: "another runtime" } });
} else if (what === "sum") {
  const found = await files.get("k");
  const bytes = new Uint8Array(await new Response(found?.body).arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  console.log(JSON.stringify({ meta: found?.meta, length: bytes.length, digest: [...digest].join() }));
} else {
  const body = async (): Promise<ReadableStream<Uint8Array>> => (await files.get("k"))!.body;
  if (!isFile) {
    // What its client and the engine under it take, which is the same however long a stream is.
    await files.set("k", source(WARM));
    await readInto(await body());
    begin = process.memoryUsage.rss();
  }
  const timer = setInterval(measure, 5);
  const timed = async (work: () => Promise<unknown>): Promise<{ peak: number; rate: number }> => {
    peak = 0;
    const begun = performance.now();
    await work();
    const rate = Math.round(length / 1_048_576 / ((performance.now() - begun) / 1_000));
    measure();
    return { peak: peak - begin, rate };
  };
  const written = await timed(() => files.set("k", source(length)));
  const into = await timed(async () => same(await readInto(await body())));
  // What the engine lets gather of a stream that comes from nowhere.
  const nothing = await timed(async () => same(await readOut(fresh(length))));
  const out = await timed(async () => same(await readOut(await body())));
  clearInterval(timer);
  console.log(JSON.stringify({ written, into, nothing, out }));
}
await cache.close();
