/**
 * A view of a cache as its streams see it: what is under its keys, and opening it.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { checkRing } from "../bytes/encryption/key-ring.ts";
import { CodecError, CorruptError, checkOptions, invalid, TierError } from "../errors.ts";
import { joined } from "../joined.ts";
import { type Key, listOf } from "../key.ts";
import { isPromise, settle, then } from "../maybe.ts";
import type { LoadOptions } from "../options.ts";
import type { AnyScopes } from "../scope/types.ts";
import type { Space } from "../space.ts";
import type { Found } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import { abortable } from "../timeout.ts";
import { verbsOf } from "../verbs/inside.ts";
import type { Verbs } from "../verbs/verbs.ts";
import type { Filling, FillingOptions } from "./filling.ts";
import { type Kind, type Manifest, manifestOf } from "./manifest.ts";
import { Room } from "./room.ts";
import { TAG_BYTES } from "./seal.ts";
import { chunksName, Shelf } from "./shelf.ts";
import { openStored, type Place } from "./stored.ts";
import type { FoundStream, StreamGetOptions, StreamLoadOptions, StreamSetOptions, StreamsOptions } from "./types.ts";

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});
const LEAST_CHUNK = 1_024;
const MOST_CHUNK = 16 * 1_048_576;
/** Longest body where memory is the only tier. */
const MOST_IN_MEMORY = 16 * 1_048_576;
/** A body takes its time; who waits for it in another process gives up by a time of its own. */
const LEASES = { lease: "10m", leaseTimeout: "30s" } as const;

/** How often a stream is opened that others replace all the while. */
export const TRIES = 5;

/** A stream with its kind. */
export interface Opened {
  readonly found: FoundStream;
  readonly kind: Kind | undefined;
}

/** An entry that is the manifest of a stream. */
export interface Seen extends Found {
  readonly manifest: Manifest;
}

/** What all verbs of streams share. */
export class View {
  readonly verbs: Verbs;
  /** That of the view itself: streams are looked for in no other. */
  readonly space: Space;
  /** Where chunks are written; `undefined` where bodies are kept whole. */
  readonly shelf: Shelf | undefined;
  /** Where chunks of others may be. */
  readonly #shelf: Shelf | undefined;
  readonly room: Room;
  readonly limits: Pick<FillingOptions, "chunk" | "maxBytes" | "ring">;

  /** @throws {ConfigError} for a wrong option, and for what is no cache */
  constructor(cache: Cache<AnyScopes>, options: StreamsOptions) {
    const verbs = verbsOf(cache);
    checkOptions(options);
    const { chunkBytes = 65_536, maxBytes, encryption } = options;
    if (!(Number.isSafeInteger(chunkBytes) && chunkBytes >= LEAST_CHUNK && chunkBytes <= MOST_CHUNK))
      throw invalid("chunkBytes", `an integer from ${LEAST_CHUNK} to ${MOST_CHUNK}`, chunkBytes);
    if (maxBytes !== undefined && !(typeof maxBytes === "number" && maxBytes > 0))
      throw invalid("maxBytes", "a number above 0", maxBytes);
    if (encryption !== undefined) checkRing(encryption);
    this.verbs = verbs;
    this.space = verbs.space.own;
    this.#shelf = Shelf.of(this.space);
    this.shelf = this.#shelf?.writable.length === 0 ? undefined : this.#shelf;
    this.room = Room.of(verbs.engine);
    this.limits = {
      chunk: Math.min(chunkBytes, (this.shelf?.maxChunk ?? Infinity) - TAG_BYTES),
      maxBytes: maxBytes ?? (this.shelf ? Infinity : MOST_IN_MEMORY),
      ring: encryption,
    };
  }

  /** Where a stream is read. */
  place(text: string): Place {
    const { space, room, limits } = this;
    return { space, shelf: this.#shelf, room, ring: limits.ring, text };
  }

  /** Options of the core for a write or load. */
  core(options: StreamSetOptions | StreamLoadOptions): LoadOptions {
    const { meta: _, tags, ...rest } = options as StreamSetOptions;
    const codec = this.shelf?.codec;
    return {
      ...LEASES,
      ...(rest as LoadOptions),
      ...(tags && { tags: listOf("tags", tags) }),
      ...(codec !== undefined && { codec }),
    };
  }

  /** Has the chunks of a stream go that is gone. */
  retire(text: string, manifest: Manifest | undefined): void {
    const { engine } = this.verbs;
    const { id, count } = manifest ?? {};
    if (id === undefined) return;
    const name = chunksName(id, text);
    this.room.retire(name, () => engine.background(this.shelf?.drop(name, count!) ?? Promise.resolve(), "stream"));
  }

  /** What is under a key, whatever it counts as. */
  peek(text: string): MaybePromise<Seen | undefined> {
    const { store } = this.verbs.engine;
    const read = store.read([text], { peek: true, version: null, tier: this.space.tiers });
    return then(read, ({ found }) => seen(found[0]));
  }

  /** The entry of a stream that may be served. */
  look(
    key: Key,
    version: string | undefined = this.verbs.engine.options.version,
    stale = false,
  ): Promise<Seen | undefined> {
    return settle(() => {
      const read = this.verbs.coherent(() => this.space.read([key], { version }));
      return then(read, ({ found: [item] }) => (item && (stale || !item.stale) ? seen(item) : undefined));
    });
  }

  /**
   * The stream of an entry; `undefined` where it is lost or damaged, and then the entry goes too; `false` where there is another by now, as another
   * process has replaced it.
   */
  async open(
    key: Key,
    text: string,
    { manifest, entry, stale, tier }: Seen,
    signal?: AbortSignal,
  ): Promise<Opened | undefined | false> {
    const { engine } = this.verbs;
    let now: Seen | undefined;
    const isThere = async (): Promise<boolean> => {
      now = await this.peek(text);
      return now?.entry.createdAt === entry.createdAt && now.manifest.id === manifest.id;
    };
    const lost = async (error: CorruptError): Promise<void> => {
      if (!(await isThere())) return;
      if (this.#shelf) {
        // Memory may not have heard yet of who has replaced it.
        await engine.store.drop?.([{ by: "keys", keys: [text] }]);
        if (!(await isThere())) return;
      }
      engine.emit("corrupt", () => ({ key, tier, error }));
      await engine.store.delete([text]);
      this.retire(text, manifest);
      now = undefined;
    };
    const place = this.place(text);
    try {
      const stored = await openStored(manifest, place, (error) => engine.background(lost(error), "stream"));
      if (!stored) return undefined;
      const { createdAt, freshUntil, staleUntil } = entry;
      const { meta, size, kind } = stored.head;
      const found = { body: stored.body(signal), meta, size, createdAt, freshUntil, staleUntil, stale, filling: false };
      return { found, kind };
    } catch (error) {
      // Another program may have what is in the `meta`.
      if (error instanceof TierError || error instanceof CodecError) return undefined;
      if (!(error instanceof CorruptError)) throw error;
      await lost(error);
      return now && false;
    }
  }

  /**
   * The stream that is being written under a key, for who has found none; a promise where one was, and is to be looked for once more when that
   * has ended.
   *
   * @param before the one that was being written when it was looked for
   */
  running(text: string, version: string | undefined, before: Filling | undefined): MaybePromise<Filling | undefined> {
    const filling = this.room.fillings.get(text);
    if (filling?.isFor(version)) return filling;
    const landed = filling?.isLanding ? filling : before !== filling && before;
    return landed ? joined(landed.ended).then(() => undefined) : undefined;
  }

  /** The stream under a key, counted as a read. */
  async get(key: Key, options: StreamGetOptions = NOTHING): Promise<Opened | undefined> {
    const { verbs, space } = this;
    const { engine } = verbs;
    verbs.check(options);
    const { signal, version = engine.options.version } = options;
    const text = space.encode(key);
    let item: Seen | undefined;
    let opened: Opened | undefined | false = false;
    for (let tries = 0; opened === false && tries < TRIES; tries++) {
      const before = this.room.fillings.get(text);
      item = await abortable(this.look(key, version, options.stale), signal);
      opened = item && (await abortable(this.open(key, text, item, signal), signal));
      if (opened || !options.filling) continue;
      const running = this.running(text, version, before);
      if (isPromise(running)) {
        await abortable(running, signal);
        opened = false;
      } else if (running) return { found: running.found(signal), kind: running.kind };
    }
    space.count(key, !opened ? "misses" : opened.found.stale ? "staleHits" : "hits");
    if (!opened) {
      engine.emit("miss", () => ({ key }));
      return undefined;
    }
    const { tier } = item!;
    engine.emit("hit", () => ({ key, tier }));
    return opened;
  }
}

function seen(found: Found | undefined): Seen | undefined {
  const manifest = found && manifestOf(found.entry.value);
  return manifest && { ...found, manifest };
}
