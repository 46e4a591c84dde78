/**
 * The Deno KV tier: `tiercel/deno-kv`. A file on Deno, a database of the whole world on Deno Deploy.
 *
 * @module
 */
import { bytes } from "../src/bytes/bytes.ts";
import type { Tier } from "../src/tier.ts";
import type { DenoKv } from "./deno-kv/kv.ts";
import { type DenoKvOptions, resolveDenoKvOptions } from "./deno-kv/options.ts";
import { denoKvStore } from "./deno-kv/store.ts";

/**
 * A tier in Deno KV.
 *
 * Every key has one record with its metadata, a value of up to 1 KiB, and who loads it; larger values are in up to ten parts of
 * 64,000 bytes, written with it in one atomic operation. Writes, deletions and leases are conditional on what was read, so all
 * processes agree on tags and on one load per key, and each finds the others' changes in the journal. A batch of up to 100
 * keys is all or nothing unless it is larger than about 760 KB, or its keys than 56 KB; `clear` goes page by page.
 * The store removes expired entries by itself; entries that a tag invalidated stay until they expire or are written again.
 *
 * What it costs on Deno Deploy: a get reads two keys, or three with the invalidation sequence (that of a load), and one more
 * for each tag if anything was invalidated since it was written; a set reads two and writes two or three; a look for what
 * others changed reads one. Set `coherence` above its second where that is too much. The journal keeps ten minutes.
 *
 * @param target an open `Deno.Kv`, which stays open, or what `Deno.openKv` is to be asked for by the first operation: a path,
 * a URL, `":memory:"`, by default the database of the program. Then Deno must run with `--unstable-kv`
 * @throws {ConfigError} naming the option that is wrong; `createCache` throws a `StoreOpenError` where there is no Deno KV
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { denoKv } from "tiercel/deno-kv";
 *
 * const cache = createCache({ tiers: [memory(), denoKv(undefined, { ttl: "1d" })] });
 * ```
 */
export function denoKv(target?: DenoKv | string, options: DenoKvOptions = {}): Tier {
  return bytes(denoKvStore(resolveDenoKvOptions(target, options)), options);
}

export type { DenoKv } from "./deno-kv/kv.ts";
export type { DenoKvOptions } from "./deno-kv/options.ts";
