/**
 * A stream that is being written, with what it takes to store it and to read it along.
 *
 * @module
 */
import type { KeyRing } from "../bytes/encryption/key-ring.ts";
import type { Engine } from "../engine.ts";
import { NO_TAGS } from "../entry.ts";
import { CorruptError } from "../errors.ts";
import { alive } from "../joined.ts";
import type { Space } from "../space.ts";
import { bodyOf } from "./body.ts";
import { breathing } from "./breath.ts";
import { Fill, type Filled } from "./fill.ts";
import { type Head, type Kind, MARK, type Manifest } from "./manifest.ts";
import type { Room } from "./room.ts";
import { Sealing } from "./seal.ts";
import { chunksName, type Generation, LEASE, type Shelf } from "./shelf.ts";
import type { Pieces } from "./source.ts";
import type { FoundStream } from "./types.ts";

/** What a stream is written with. */
export interface FillingOptions {
  readonly space: Space;
  readonly shelf: Shelf | undefined;
  readonly room: Room;
  readonly ring: KeyRing | undefined;
  readonly chunk: number;
  readonly maxBytes: number;
  /** The key as the tiers know it. */
  readonly text: string;
  readonly version: string | undefined;
  readonly tags: readonly string[] | undefined;
  /** Whether those who read what cannot be kept read on, and it does not fail. */
  readonly spills: boolean;
  /** Longest time that the entry may live, in milliseconds. */
  readonly life: number;
  readonly kind: Kind | undefined;
  readonly meta: unknown;
}

/** 128 random bits in 22 characters of base64url. */
export function newId(): string {
  const units = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)));
  return btoa(units).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** A stream that is being written. */
export class Filling {
  readonly id: string = newId();
  /** That of its chunks. */
  readonly name: string;
  readonly startedAt: number;
  readonly fill: Fill;
  readonly #engine: Engine;
  readonly #options: FillingOptions;
  readonly #sealing: Sealing | undefined;
  readonly #generation: Generation | undefined;
  readonly #ticket: number;
  readonly #sequence: number;
  /** Ends when it cannot be kept. */
  readonly #spilled: Promise<void>;
  #tags: readonly string[];
  #beat: unknown;
  #extending: Promise<unknown> | undefined;
  #isOver = false;
  #hasTicket = true;
  #end!: () => void;
  /** Ends when its entry was stored, or never will be. */
  readonly ended: Promise<void> = alive(
    new Promise((resolve) => {
      this.#end = resolve;
    }),
  );

  /** @throws {ConfigError} for what is no ring */
  static async begin(pieces: Pieces, options: FillingOptions): Promise<Filling> {
    const { ring, space, text } = options;
    return new Filling(pieces, options, ring && (await Sealing.create(ring, space, text)));
  }

  constructor(pieces: Pieces, options: FillingOptions, sealing: Sealing | undefined) {
    const { space, shelf, chunk, maxBytes, life, tags } = options;
    const { engine } = space;
    this.#engine = engine;
    this.#options = options;
    this.#tags = tags ?? NO_TAGS;
    this.name = chunksName(this.id, options.text);
    this.#sealing = sealing;
    this.#ticket = engine.fence.enter();
    this.#sequence = engine.ledger.latest;
    this.startedAt = engine.now();
    let spilled!: () => void;
    this.#spilled = new Promise((resolve) => {
      spilled = () => {
        // Nothing of it will become visible, and nobody knows how long its readers take.
        this.#leave();
        resolve();
      };
    });
    const generation = shelf?.begin(this.id, options.text, life);
    this.#generation = generation;
    this.fill = new Fill(pieces, {
      chunk,
      maxBytes,
      breathe: breathing(engine.options.clock),
      spilled: options.spills ? spilled : undefined,
      seal: sealing && ((index, bytes, isLast) => sealing.encrypt(index, bytes, isLast)),
      open: sealing && ((index, bytes, isLast) => sealing.decrypt(index, bytes, isLast)),
      shelf: generation && {
        put: (index, bytes) => shelf!.put(generation, index, bytes),
        read: (from, count) => shelf!.read(this.name, from, count),
      },
    });
    if (shelf) this.#renew();
  }

  /** What was written lives on while it is being written. */
  #renew(): void {
    const { clock } = this.#engine.options;
    this.#beat = clock.setTimer(
      () => {
        if (this.#isOver) return;
        if (this.fill.isSound) this.#extending = this.#extend();
        this.#renew();
      },
      LEASE / 2,
      true,
    );
  }

  async #extend(): Promise<void> {
    const { shelf } = this.#options;
    const { begun } = this.fill;
    const generation = this.#generation!;
    // The last few may not be there yet, and have all their time.
    const settled = this.fill.settled;
    if (begun > 0 && !(await shelf!.extend(generation, settled)))
      this.fill.spill(new CorruptError("Cannot store stream as its first chunks must be there: received none"));
  }

  /** The value of the entry, when all is stored; `undefined` where it is not to be kept. */
  async manifest(): Promise<Manifest | undefined> {
    const filled = await Promise.race([this.fill.done, this.#spilled]);
    if (!filled) return undefined;
    await this.#extending;
    // Its first chunks may be gone.
    if (this.fill.failure) throw this.fill.error;
    if (!this.fill.isSound) return undefined;
    return newManifest(filled, this.id, this.#options, this.#sealing);
  }

  get kind(): Kind | undefined {
    return this.#options.kind;
  }

  /** Its loader has decided about its tags. */
  setTags(tags: readonly string[]): void {
    this.#tags = tags;
  }

  /** Whether somebody who comes now may read along: nothing was done to the key since it began. */
  isFor(version: string | undefined): boolean {
    const { text, version: own, space } = this.#options;
    const { fence, ledger } = this.#engine;
    if (!this.fill.isSound || own !== version || !fence.passes(text, this.#ticket)) return false;
    const all = space.encodeTags([...this.#engine.options.tags, ...this.#tags]);
    return ledger.check({ tags: all, sequence: this.#sequence } as never) === "valid";
  }

  /** Whether all of it is there, and its entry is being stored. That too is done to the key, so it is {@linkcode isFor} nobody then. */
  get isLanding(): boolean {
    return this.fill.isSound && this.fill.size !== undefined;
  }

  /** For one reader. */
  found(signal: AbortSignal | undefined): FoundStream {
    const { meta, room } = this.#options;
    const { next, end } = this.fill.reader();
    const release = room.hold(this.name);
    const over = (): void => {
      end();
      release();
    };
    return {
      body: bodyOf(next, over, signal),
      meta,
      size: this.fill.size,
      createdAt: this.startedAt,
      freshUntil: Infinity,
      staleUntil: Infinity,
      stale: false,
      filling: true,
    };
  }

  /** To be called when its entry was stored, or never will be: `end` is its last moment, `undefined` without one. */
  async settle(end: number | undefined): Promise<void> {
    const { shelf, room } = this.#options;
    const { begun } = this.fill;
    const generation = this.#generation;
    if (!shelf || !generation || begun === 0) return;
    if (end === undefined)
      room.retire(this.name, () => this.#engine.background(shelf.drop(this.name, begun), "stream"));
    else if (!shelf.suffices(generation, end)) await shelf.extend(generation, begun, end + LEASE);
  }

  /** To be called once, whatever becomes of it. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#engine.options.clock.clearTimer(this.#beat);
    this.#leave();
    this.#end();
  }

  #leave(): void {
    if (this.#hasTicket) this.#engine.fence.leave();
    this.#hasTicket = false;
  }
}

async function newManifest(
  { size, count, parts }: Filled,
  id: string,
  { chunk, kind, meta }: Pick<FillingOptions, "chunk" | "kind" | "meta">,
  sealing: Sealing | undefined,
): Promise<Manifest> {
  const head: Head = { size, chunk, ...(kind !== undefined && { kind }), ...(meta !== undefined && { meta }) };
  const where = parts ? { parts } : { id };
  return { [MARK]: 1, count, ...where, ...(sealing ? { seal: await sealing.seal(head) } : { head }) };
}

/** The value of the entry of bytes that are no more than one chunk. */
export async function wholeManifest(bytes: Uint8Array, options: FillingOptions): Promise<Manifest> {
  const { ring, space, text } = options;
  const sealing = ring && (await Sealing.create(ring, space, text));
  const part = sealing ? await sealing.encrypt(0, bytes, true) : bytes;
  return newManifest({ size: bytes.length, count: 1, parts: [part] }, "", options, sealing);
}
