/** Reads a long response by many readers while it is stored, and tells how much memory that took: `http-large-child.ts <megabytes>`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { withHttpCache } from "../../src/http/mod.ts";

const READERS = 50;
const CHUNK = 100_000;
const chunks = Number(process.argv[2]) * 10;
const folder = mkdtempSync(join(tmpdir(), "tiercel-http-"));
const cache = createCache({ tiers: [memory(), sqlite(join(folder, "cache.db"))] });

let asked = 0;
/** Resident memory when the first bytes come, and the most that it was above that. */
let before = 0;
let most = 0;
const works: Promise<unknown>[] = [];
const handler = withHttpCache(
  () => {
    asked++;
    let at = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          // Measured from here, as no timer runs while nothing waits for a network.
          const { rss } = process.memoryUsage();
          before ||= rss;
          most = Math.max(most, rss - before);
          if (at === chunks) controller.close();
          else controller.enqueue(new Uint8Array(CHUNK).fill(at++ % 251));
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body as BodyInit, { headers: { "cache-control": "max-age=600" } });
  },
  cache,
  { waitUntil: (work) => works.push(work) },
);
const ask = (): Promise<Response> => handler(new Request("https://site.example/large"));

/** How many bytes come, each of which must be at its place. */
async function read(response: Response): Promise<number> {
  const reader = response.body!.getReader();
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return size;
    for (const at of [0, value.byteLength - 1])
      if (value[at] !== Math.floor((size + at) / CHUNK) % 251) throw new Error(`Byte ${size + at} is wrong`);
    size += value.byteLength;
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
