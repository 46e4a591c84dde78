/**
 * What entries take beyond their keys and values.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Entrant, type Setting, VALUE } from "./contender.ts";
import { keyMaker } from "./keys.ts";
import { loopsOf } from "./loops.ts";

/** Bytes: of objects, and of the buffers of typed arrays, which lie beside the heap. */
export interface Bytes {
  readonly heap: number;
  readonly buffers: number;
}

/** Bytes for each entry of the capacity. */
export interface Footprint {
  /** Once as many keys as the cache is bounded to were set. */
  readonly filled: Bytes;
  /** Once as many others were set after them, for which the first had to go. Only without a ttl. */
  readonly turned?: Bytes;
}

/** Measures a contender. Its process must have been started with `--expose-gc`. */
export async function footprint(entrant: Entrant, setting: Setting): Promise<Footprint> {
  const { capacity } = setting;
  const keyOf = keyMaker(entrant.stringsOnly ? "string" : setting.keys);
  const keys = Array.from({ length: 2 * capacity }, (_, id) => keyOf(id));
  const { set } = loopsOf(entrant);
  // Code, and what a package keeps for all its caches, is there afterwards.
  await set(await entrant.make({ ...setting, capacity: 1_000 }), keys.slice(0, 2_000));
  const before = await used();
  const contender = await entrant.make(setting);
  await set(contender, keys.slice(0, capacity));
  const filled = await used();
  if (!setting.ttl) await set(contender, keys.slice(capacity));
  const turned = setting.ttl ? undefined : await used();
  // Neither the keys nor the cache may be collected earlier: a key that was set last is a hit in a cache of any kind, or not.
  const last = await contender.get(keys.at(-1)!);
  if (last != null && last !== VALUE) throw new Error("the value is another one");
  const perEntry = ({ heap, buffers }: Bytes): Bytes => ({
    heap: (heap - before.heap) / capacity,
    buffers: (buffers - before.buffers) / capacity,
  });
  return { filled: perEntry(filled), ...(turned && { turned: perEntry(turned) }) };
}

async function used(): Promise<Bytes> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("the process was started without --expose-gc");
  // Twice: what the first finds dead, and what only that kept.
  for (let i = 0; i < 2; i++) {
    gc();
    await sleep(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}
