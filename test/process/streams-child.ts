/**
 * A program that stores a long stream and reads it back, or begins to store one and waits to be killed.
 *
 *     node streams-child.ts whole|begin|read|store|sum sqlite:PATH|redis://… BYTES [sealed]
 */
import { randomFillSync } from "node:crypto";
import { redis } from "../../adapters/redis.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { keyRing } from "../../src/bytes/encryption/key-ring.ts";
import { streams } from "../../src/streams/mod.ts";

const [what = "", target = "", size = "0", sealed = ""] = process.argv.slice(2);
const length = Number(size);
const tier = target.startsWith("sqlite:") ? sqlite(target.slice(7)) : redis(target);
const cache = createCache({ name: "streams", tiers: [memory(), tier], ttl: "1d" });
const encryption = keyRing({ current: new Uint8Array(32).fill(7) });
const files = streams(cache, sealed ? { encryption } : {});
/** Bytes of a piece of the source: no part of a chunk. */
const PIECE = 50_000;
/** Bytes of a first stream: what an engine lets gather before it collects is there then. */
const WARM = Math.max(32 * 1_048_576, length / 8);

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

const begin = process.memoryUsage.rss();
let peak = 0;
const measure = (): void => {
  peak = Math.max(peak, process.memoryUsage.rss());
};

if (what === "begin") {
  const endless = async function* () {
    for (let chunks = 0; ; chunks++) {
      yield new Uint8Array(65_536).fill(chunks);
      if (chunks === 100) console.log("begun");
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
  // What an engine takes before it collects what was thrown away, which is the same however long a stream is.
  await files.set("first", source(WARM));
  for await (const bytes of (await files.get("first"))!.body) void bytes;
  await files.delete("first");
  const start = process.memoryUsage.rss();
  const timer = setInterval(measure, 5);
  let begun = performance.now();
  await files.set("k", source(length));
  const wrote = performance.now() - begun;
  const peakOfWrite = peak;
  begun = performance.now();
  let read = 0;
  for await (const bytes of (await files.get("k"))!.body) {
    read += bytes.length;
    measure();
  }
  const took = performance.now() - begun;
  clearInterval(timer);
  const rate = (ms: number): number => Math.round(length / 1_048_576 / (ms / 1_000));
  console.log(JSON.stringify({ read, begin, start, peakOfWrite, peak, write: rate(wrote), readRate: rate(took) }));
}
await cache.close();
