/**
 * Where chunks are: in tiers that outlive this process or are shared, past the memory above them.
 *
 * A chunk is an entry under a key that nobody can know beforehand, is written once and never changes, so there is nothing of it to promote,
 * to invalidate or to fence off. It has no tags; the entry of the stream has. It lives as long as that entry, once there is
 * one, and {@linkcode LEASE} until then.
 *
 * @module
 */
import { hashString } from "../bytes/checksum.ts";
import { free } from "../bytes/free.ts";
import type { Engine } from "../engine.ts";
import { type Entry, NO_TAGS } from "../entry.ts";
import { CacheClosedError, CodecError, type TiercelError, TierError } from "../errors.ts";
import type { Space } from "../space.ts";
import type { Layer } from "../stack/layer.ts";
import { layersOf } from "../stack/layers.ts";
import type { Touch, Write } from "../tier.ts";

/** How long a chunk lives of which nobody says that it is still wanted, in milliseconds: ten minutes. */
export const LEASE = 600_000;
/** Chunks of streams that live no longer than this get all their time at once, in milliseconds: an hour. */
const BRIEF = 3_600_000;
/** No chunk lives longer than this of a stream that was never there, in milliseconds. */
export const LASTING: number = 2 * LEASE + BRIEF;
/** Chunks that one call touches or deletes. Few, since some stores have to write them anew. */
const BATCH = 32;
/** Between the key of a view and those of its chunks. No namespace has a `#` in its text, and no scope begins with one. */
const CHUNKS = "@#stream:";
/** The same for what tells which entry the chunks of a stream belong to. */
const ANCHORS = "@#streams:";
/** What a value needs around it in a store, in bytes, with room. */
const FRAME = 1_024;
/** The codec of what has bytes in it. */
const CODEC = "cbor";

/**
 * The name of the chunks of a stream: what its manifest says, and a hash of its key, so that a manifest which was copied to another key has no
 * part in them.
 */
export function chunksName(id: string, text: string): string {
  return `${id}.${hashString(text, 0).toString(36)}`;
}

/** Chunks of one stream that is being written. */
export interface Generation {
  /** See {@linkcode chunksName}. */
  readonly name: string;
  readonly id: string;
  /** The key of its entry, as the tiers know it. */
  readonly text: string;
  /** The tiers that have all chunks so far. */
  readonly layers: Set<Layer>;
  /** Longest time that its entry may live. */
  readonly life: number;
}

/** The shelf of one view of a cache. */
export class Shelf {
  /** Codec for values with bytes in them; `undefined` is that of the tiers. */
  readonly codec: string | undefined;
  /** Largest chunk that every tier can hold. */
  readonly maxChunk: number;
  /** Tiers that chunks are written to. */
  readonly writable: readonly Layer[];
  /** Beginning of the keys of anchors. */
  readonly anchors: string;
  readonly #engine: Engine;
  readonly #prefix: string;
  readonly #readable: readonly Layer[];

  constructor(space: Space, readable: readonly Layer[], writable: readonly Layer[]) {
    const { engine } = space;
    this.#engine = engine;
    this.#prefix = space.prefix + CHUNKS;
    this.anchors = space.prefix + ANCHORS;
    this.#readable = readable;
    this.writable = writable;
    this.maxChunk = Math.min(...writable.map(({ tier }) => (tier.capabilities.maxValueBytes ?? Infinity) - FRAME));
    this.codec = writable.every((layer) => knows(layer, engine)) ? CODEC : undefined;
  }

  /** The shelf of a view, which may be one to read alone; `undefined` where every tier is this process's own. */
  static of(space: Space): Shelf | undefined {
    const layers = (layersOf.get(space.engine) ?? []).filter(
      ({ isPrivate, name }) => !isPrivate && (space.tiers?.includes(name) ?? true),
    );
    const writable = layers.filter(({ tier }) => !tier.capabilities.readOnly && tier.options?.write !== "around");
    return layers.length > 0 ? new Shelf(space, layers, writable) : undefined;
  }

  #key(name: string, index: number): string {
    return this.#prefix + this.#engine.fit(`${name}:${index}`, this.#prefix);
  }

  #keys(name: string, from: number, count: number): string[] {
    return Array.from({ length: count }, (_, i) => this.#key(name, from + i));
  }

  /** Until when chunks live that are written or wanted now. */
  #until(life: number): number {
    return this.#engine.now() + LEASE + (life <= BRIEF ? life : 0);
  }

  /** The key of what tells which entry the chunks of a stream belong to. */
  anchor(name: string): string {
    return this.anchors + this.#engine.fit(name, this.anchors);
  }

  /**
   * Does to a value all that can fail because of it, before anything is stored.
   *
   * @throws {TiercelError} for what a tier cannot encode
   */
  async check(value: unknown): Promise<void> {
    const now = this.#engine.now();
    const writes = [{ key: this.#prefix, entry: newEntry(value, now, Infinity), codec: this.codec }];
    await Promise.all(this.writable.map(async (layer) => layer.prepare(writes, now)));
  }

  /** @param life longest time that the entry of the stream may live */
  begin(id: string, text: string, life: number): Generation {
    return { name: chunksName(id, text), id, text, life, layers: new Set(this.writable) };
  }

  /**
   * Writes a chunk to all tiers that have the ones before. Answers whether none of them has kept the bytes themselves.
   *
   * @throws {TierError} when none is left; {CacheClosedError} when that is because the cache was closed
   */
  async put({ name, id, text, layers, life }: Generation, index: number, bytes: Uint8Array): Promise<boolean> {
    const now = this.#engine.now();
    const until = this.#until(life);
    const writes: Write[] = [{ key: this.#key(name, index), entry: newEntry(bytes, now, until), codec: this.codec }];
    if (index === 0) writes.push({ key: this.anchor(name), entry: newEntry({ text, id }, now, until) });
    this.#engine.expiring();
    let fault: TierError | undefined;
    let isFree = true;
    const stores = [...layers].map(async (layer) => {
      const prepared = await layer.prepare(writes, now);
      const { value } = prepared[0]!.entry;
      // What is written behind is read back from where it was before it was encoded.
      const isEncoded = value instanceof Uint8Array && value.buffer !== bytes.buffer;
      const isOurs = isEncoded && layer.tier.options?.write !== "behind";
      isFree &&= isOurs;
      const answer = await layer.write(prepared, now);
      if (isOurs && layer.tier.capabilities.copies && !(answer instanceof TierError)) free(value as Uint8Array);
      if (!(answer instanceof TierError)) return;
      fault = answer;
      layers.delete(layer);
    });
    await Promise.all(stores);
    if (layers.size === 0)
      throw this.#reason(fault ?? new TierError("", "Cannot store chunk as no tier is left that has the others"));
    return isFree;
  }

  /**
   * Chunks in their order, from the first tiers that have them; `undefined` for what none has.
   *
   * @throws {TierError} where a tier that may have one has not answered; {CacheClosedError} when the cache was closed
   */
  async read(name: string, from: number, count: number): Promise<(Uint8Array | undefined)[]> {
    const now = this.#engine.now();
    const keys = this.#keys(name, from, count);
    const found: (Uint8Array | undefined)[] = keys.map(() => undefined);
    let fault: TierError | undefined;
    for (const layer of this.#readable) {
      const missing = keys.flatMap((_, i) => (found[i] ? [] : [i]));
      if (missing.length === 0) return found;
      const answer = await layer.read(
        missing.map((i) => keys[i]!),
        { now },
      );
      if (answer instanceof TierError) fault = answer;
      else {
        missing.forEach((i, j) => {
          const { value, codec } = answer.entries[j] ?? {};
          // What no codec has made anew is the tier's own.
          if (value instanceof Uint8Array) found[i] = codec === undefined ? value.slice() : value;
        });
      }
    }
    if (fault && found.includes(undefined)) throw this.#reason(fault);
    return found;
  }

  /** What a fault of a tier is to those who read or write a stream. */
  #reason(fault: TierError): TiercelError {
    const { closing, options } = this.#engine;
    return closing ? new CacheClosedError(`Cannot use cache ${options.name} as it is closed`, { cause: fault }) : fault;
  }

  /** Has the first chunks live on, or until a time, the last ones first. Says whether a tier has all of them. */
  async extend({ name, layers, life }: Generation, count: number, until: number = this.#until(life)): Promise<boolean> {
    const isWhole = await Promise.all(
      [...layers].map(async (layer) => {
        for (let end = count; end > 0; end -= BATCH) {
          const begin = Math.max(0, end - BATCH);
          const keys = this.#keys(name, begin, end - begin);
          if (begin === 0) keys.push(this.anchor(name));
          const touches = keys.map((key): Touch => ({ key, freshUntil: until, staleUntil: until }));
          const answer = await layer.touch(touches, this.#engine.now());
          if (answer instanceof TierError || answer.includes(false)) {
            layers.delete(layer);
            return false;
          }
        }
        return true;
      }),
    );
    return isWhole.includes(true);
  }

  /** Whether chunks written by now live as long as an entry that ends then. */
  suffices({ life, layers }: Generation, end: number): boolean {
    const isCapped = [...layers].some(({ tier }) => tier.options?.ttl !== undefined);
    return !isCapped && life <= BRIEF && end <= this.#engine.now() + life;
  }

  /** Deletes chunks, the first ones first. What cannot be deleted expires. */
  async drop(name: string, count: number): Promise<void> {
    for (let begin = 0; begin < count; begin += BATCH) {
      const keys = this.#keys(name, begin, Math.min(BATCH, count - begin));
      if (begin === 0) keys.push(this.anchor(name));
      await Promise.all(this.writable.map((layer) => layer.delete(keys, this.#engine.now())));
    }
  }

  /** Deletes all that one tier has of a stream. */
  async clear(layer: Layer, name: string): Promise<void> {
    const now = this.#engine.now();
    // A key that is too long for the tiers has another beginning; such chunks expire.
    await layer.clear(this.#key(name, 0).slice(0, -1), now);
    await layer.delete([this.anchor(name)], now);
  }
}

function newEntry<V>(value: V, now: number, until: number): Entry<V> {
  return {
    value,
    createdAt: now,
    freshUntil: until,
    staleUntil: until,
    tags: NO_TAGS,
    sequence: 0,
    version: undefined,
    loadTime: 0,
  };
}

/** Whether a tier can keep bytes by the codec that says so. */
function knows(layer: Layer, engine: Engine): boolean {
  const now = engine.now();
  try {
    const prepared = layer.prepare([{ key: CHUNKS, entry: newEntry(new Uint8Array(1), now, now), codec: CODEC }], now);
    // How that ends is nobody's affair.
    Promise.resolve(prepared).catch(() => {});
    return true;
  } catch (error) {
    return !(error instanceof CodecError);
  }
}
