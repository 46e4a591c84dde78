import type { Cache } from "../../../mod.ts";
import { memory } from "../../../mod.ts";
import { bytes } from "../../../src/bytes/mod.ts";
import type { Tier } from "../../../src/tier.ts";
import { mapData, mapTier } from "../../contract/mod.ts";
import {
  faulty,
  memoryAlone,
  memoryOverMap,
  memoryOverPlain,
  memoryOverRemote,
  type Rig,
  type Stack,
  sharedAlone,
} from "../cache/stacks.ts";
import { deferred } from "../cache/tools.ts";

/** Memory over a tier that keeps bytes alone. */
export const memoryOverBytes: Stack = {
  name: "memory+bytes",
  depth: 2,
  shared: true,
  tags: true,
  store: () => {
    const data = mapData();
    return {
      tiers: ({ upper = {}, lower = {} }) => [
        memory(upper),
        faulty(bytes(mapTier({ ...lower, data }) as Tier<Uint8Array>)),
      ],
    };
  },
};

/** Stacks whose lowest tier keeps chunks. */
export const SHELVED: readonly Stack[] = [
  sharedAlone,
  memoryOverMap,
  memoryOverRemote,
  memoryOverPlain,
  memoryOverBytes,
];
/** Those, and memory alone. */
export const ALL: readonly Stack[] = [memoryAlone, ...SHELVED];

/** Small chunks, so that small bodies have many. */
export const CHUNK = 1_024;

/** Bytes that differ from place to place. */
export function some(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    made[i] = state >>> 16;
  }
  return made;
}

/** All that a stream gives. A response would do, but in browsers it fails with an error of its own. */
export async function read(body: ReadableStream<Uint8Array> | undefined): Promise<Uint8Array | undefined> {
  if (!body) return undefined;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The same, read into one buffer of the reader's own. */
export async function readInto(body: ReadableStream<Uint8Array>, length: number): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = body.getReader({ mode: "byob" });
  for (let buffer = new ArrayBuffer(length); ; ) {
    const { value, done } = await reader.read(new Uint8Array(buffer));
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value.slice());
    buffer = value.buffer;
  }
}

/** The next piece, and no more. */
export async function take(body: ReadableStream<Uint8Array>): Promise<ReadableStreamReadResult<Uint8Array>> {
  const reader = body.getReader();
  const result = await reader.read();
  reader.releaseLock();
  return result;
}

/** What is under a key. */
export async function bodyOf(
  found: Promise<{ body: ReadableStream<Uint8Array> } | undefined>,
): Promise<Uint8Array | undefined> {
  return read((await found)?.body);
}

/** A source in the hands of the test. */
export interface Tap {
  readonly source: ReadableStream<Uint8Array>;
  give(bytes: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
  /** How often it was asked for more. */
  readonly pulls: number;
  /** With what it was cancelled. */
  readonly cancelled: Promise<unknown>;
}

export function tap(): Tap {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let pulls = 0;
  const cancelled = deferred<unknown>();
  const source = new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own;
      },
      pull() {
        pulls++;
      },
      cancel: (reason) => cancelled.resolve(reason),
    },
    { highWaterMark: 0 },
  );
  return {
    source,
    give: (bytes) => controller.enqueue(bytes),
    end: () => controller.close(),
    fail: (error) => controller.error(error),
    get pulls() {
      return pulls;
    },
    cancelled: cancelled.promise,
  };
}

/** Keys of chunks in the tier at the bottom. */
export async function chunksOf({ cache, bottom, clock }: Pick<Rig, "cache" | "bottom" | "clock">): Promise<string[]> {
  const { keys } = await cache.tier(bottom).scan!({ prefix: "", limit: 100_000, now: clock.now() });
  return keys.filter((key) => key.includes("@#stream:")).sort();
}

/** Changes what the tier at the bottom has under a key. */
export async function tamper(
  { bottom, clock }: Pick<Rig, "bottom" | "clock">,
  cache: Cache,
  key: string,
  change: (value: unknown) => unknown,
): Promise<void> {
  const tier = cache.tier(bottom);
  const { entries } = await tier.getMany([key], { now: clock.now() });
  const writes = [{ key, entry: { ...entries[0]!, value: change(entries[0]!.value) } }];
  await tier.setMany(tier.prepare ? await tier.prepare(writes) : writes, clock.now());
}

/** Ends when everything that needs real turns of the event loop, as encryption does, is over. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 30_000; turn++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error("It must become true");
}
