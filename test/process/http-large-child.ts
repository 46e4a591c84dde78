/**
 * Reads a long response by many readers while it is stored, and tells how much memory that took: `http-large-child.ts <megabytes> [how]`.
 *
 * `out`: bytes are handed out to the readers, each of whom gets bytes of his own; `into`: each reads into one buffer of his own; `floor`: as `out`, but
 * there is no cache, and each reader has a stream that makes its bytes out of nothing, so that what is measured is the runtime's.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { withHttpCache } from "../../src/http/mod.ts";

const READERS = 50;
const CHUNK = 100_000;
const [megabytes = "50", how = "out"] = process.argv.slice(2);
const chunks = Number(megabytes) * 10;
const folder = mkdtempSync(join(tmpdir(), "tiercel-http-"));
const cache = createCache({ tiers: [memory(), sqlite(join(folder, "cache.db"))] });

let asked = 0;
/** Resident memory when the first bytes come, and the most that it was above that. */
let before = 0;
let most = 0;
const works: Promise<unknown>[] = [];

function origin(): Response {
  asked++;
  let at = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        // Measured from here, as no timer runs while nothing waits for a network.
        const rss = process.memoryUsage.rss();
        before ||= rss;
        most = Math.max(most, rss - before);
        if (at === chunks) controller.close();
        else controller.enqueue(new Uint8Array(CHUNK).fill(at++ % 251));
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body as BodyInit, { headers: { "cache-control": "max-age=600" } });
}

const cached = withHttpCache(origin, cache, { waitUntil: (work) => works.push(work) });
const ask = async (): Promise<Response> =>
  how === "floor" ? origin() : cached(new Request("https://site.example/large"));

/** Bytes must be those of their place. */
function check(bytes: Uint8Array, position: number): void {
  for (const at of [0, bytes.byteLength - 1])
    if (bytes[at] !== Math.floor((position + at) / CHUNK) % 251) throw new Error(`Byte ${position + at} is wrong`);
}

/** How many bytes come. */
async function read(response: Response): Promise<number> {
  if (how === "into") return readInto(response);
  const reader = response.body!.getReader();
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return size;
    check(value, size);
    size += value.byteLength;
  }
}

async function readInto(response: Response): Promise<number> {
  const reader = response.body!.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(65_536);
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done) return size;
    check(value, size);
    size += value.byteLength;
    buffer = value.buffer;
  }
}

const first = await ask();
const others = await Promise.all(Array.from({ length: READERS }, ask));
const reader = first.body!.getReader();
await reader.read();
const reading = others.map(read);
await reader.cancel();
const sizes = await Promise.all(reading);
await Promise.all(works);
const hit = await read(await ask());
if (new Set(sizes).size !== 1) throw new Error(`Readers got ${[...new Set(sizes)].join(", ")} bytes`);
console.log(JSON.stringify({ readers: READERS, size: sizes[0], asked, growth: Math.round(most / 1e6), hit }));
await cache.close();
rmSync(folder, { recursive: true });
process.exit(0);
