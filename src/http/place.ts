/**
 * Where the responses of one cache are: keys, reads and writes.
 *
 * @module
 */

import { alive, isLost } from "../joined.ts";
import { streams } from "../streams/mod.ts";
import type { Streams } from "../streams/types.ts";
import { verbsOf } from "../verbs/inside.ts";
import type { Verbs } from "../verbs/verbs.ts";
import { newId, variantKey } from "./key.ts";
import type { AnyCache, HttpRules } from "./options.ts";
import type { Spill } from "./spilling.ts";
import { isStored, type Stored, type StoredIndex, type StoredResponse } from "./stored.ts";
import { selectionOf } from "./vary.ts";
import { Watch } from "./watch.ts";

/** What is there for a request. */
export interface Findings {
  /** The key that it was looked for under, and that a load is for. */
  readonly key: string;
  readonly index?: StoredIndex | undefined;
  readonly record?: StoredResponse | undefined;
}

/** A load under way in this process. */
interface Loading {
  /** Whose it is. */
  readonly rules: HttpRules;
  readonly work: Promise<unknown>;
}

/** Loads of each cache by their keys, whatever engines they are of. */
const loadings = /* @__PURE__ */ new WeakMap<object, Map<string, Loading>>();

/** What a load brought. */
export interface Loaded {
  readonly value: StoredResponse | StoredIndex;
  /** Milliseconds for which it is kept. */
  readonly ttl: number;
  readonly tags: readonly string[];
}

/** Lifetimes are told by the engine: what the cache does for others does not count. */
const PLAIN = {
  grace: 0,
  swr: 0,
  jitter: 0,
  refreshAhead: 0,
  earlyRefresh: 0,
  negativeTtl: 0,
  softTimeout: Infinity,
  hardTimeout: Infinity,
};

/** A body takes its time; who waits for it in another process begins its own soon. */
const LEASES = { lease: "10m", leaseTimeout: "5s" } as const;

/** Longest body where memory is the only tier: 16 MiB. */
const MOST_IN_MEMORY = 16 * 1_048_576;

/** Least time for which an index is kept: thirty days. */
const INDEX_TTL = 2_592_000_000;

/** The responses in one cache, namespace or scope. A fault of a tier is a miss. */
export class Place {
  readonly cache: AnyCache;
  /** Tells views apart, which their names do not. */
  readonly id: string;
  readonly #verbs: Verbs;
  readonly #streams: Streams;
  readonly #rules: HttpRules;

  /** Longest body. */
  readonly maxBytes: number;

  constructor(cache: AnyCache, rules: HttpRules) {
    const { maxBytes } = rules;
    this.#rules = rules;
    this.cache = cache;
    this.#verbs = verbsOf(cache);
    this.id = placeId(cache);
    // Memory keeps bodies whole.
    const isMemory = cache.stats().tiers.every(({ name }) => cache.tier(name).usage);
    this.maxBytes = maxBytes ?? (isMemory ? MOST_IN_MEMORY : Infinity);
    this.#streams = streams(cache, { maxBytes: this.maxBytes });
  }

  /** What is there for a request with these fields, by what is under the key of its URL. */
  async find(primary: string, headers: Headers, value: Stored | undefined): Promise<Findings> {
    if (!value || value.kind === "response") return { key: primary, record: value };
    const key = variantKey(value.generation, selectionOf(headers, value.names, this.#rules.isStrict));
    const variant = await this.read(key);
    return { key, index: value, record: variant?.kind === "response" ? variant : undefined };
  }

  /** What memory has under a key, at once; `undefined` where it takes more to tell. */
  quick(key: string): Stored | undefined {
    return storedOf(this.#verbs.quick(key));
  }

  /** What is under a key. */
  read(key: string): Promise<Stored | undefined> {
    return this.cache.get(key).then(storedOf, nothing);
  }

  /** Whether another engine of this process is loading what is under a key. Nobody waits for that, as it may be waiting for him. */
  isOthers(key: string): boolean {
    const { engine, space } = this.#verbs;
    const loading = loadings.get(engine)?.get(space.encode(key));
    return loading !== undefined && loading.rules !== this.#rules && !isLost(loading.work);
  }

  /**
   * Loads what is under a key and stores it, unless it was invalidated meanwhile or another process has done so by now.
   *
   * @param old what is there and no good any more
   * @returns what another has stored, where the loader was not called
   */
  async load(
    key: string,
    old: StoredResponse | undefined,
    loader: () => Promise<Loaded | undefined>,
    canLease: boolean,
  ): Promise<StoredResponse | StoredIndex | undefined> {
    const { engine, space } = this.#verbs;
    const text = space.encode(key);
    let all = loadings.get(engine);
    if (!all) loadings.set(engine, (all = new Map()));
    const work = this.cache.getOrSet<unknown>(
      key,
      async ({ setTtl, setTags }) => {
        const loaded = await loader();
        if (!loaded) return undefined;
        setTtl(loaded.ttl);
        setTags(loaded.tags);
        return loaded.value;
      },
      {
        ...PLAIN,
        ...(canLease ? LEASES : { lease: false as const }),
        // Only one that came later than what this request has seen.
        validate: ({ value: other }) =>
          isStored(other) && (!old || (other.kind === "response" && other.responseTime > old.responseTime)),
      },
    );
    const loading: Loading = { rules: this.#rules, work: alive(work) };
    all.set(text, loading);
    try {
      return storedOf(await work);
    } finally {
      if (all.get(text) === loading) all.delete(text);
    }
  }

  /** Stores the first response of a URL that depends on the request, and makes the index that leads to it. */
  async index(names: readonly string[], headers: Headers, loaded: Loaded, now: number): Promise<Loaded> {
    const generation = newId();
    const ttl = Math.max(INDEX_TTL, loaded.ttl);
    await this.cache.set(variantKey(generation, selectionOf(headers, names, this.#rules.isStrict)), loaded.value, {
      ...PLAIN,
      ttl: loaded.ttl,
      tags: loaded.tags,
    });
    // With its tags, as what is invalidated while it is loaded may not be found.
    return { value: { kind: "vary", names, generation, until: now + ttl }, ttl, tags: loaded.tags };
  }

  /** Keeps an index for as long as a variant of it. */
  async lengthen(primary: string, index: StoredIndex, ttl: number, now: number): Promise<void> {
    if (now + ttl > index.until) await this.cache.touch(primary, { ttl: ttl + INDEX_TTL });
  }

  /** Watches keys from now on. */
  watch(...keys: readonly string[]): Watch {
    return new Watch(this.#verbs, keys);
  }

  /** Nobody waits for the load of a key that is under way, and what it brings is not kept. */
  abandon(key: string): void {
    const { engine, space } = this.#verbs;
    const text = space.encode(key);
    engine.loads.detach([text]);
    engine.fence.mark(text);
  }

  /** Forgets what is under a key, with its body. */
  async forget(key: string, record?: StoredResponse | undefined): Promise<void> {
    await this.cache.delete(key);
    if (record?.stream) await this.#streams.delete(bodyKey(record.stream.id));
  }

  /** Where a long body goes. */
  spill(id: string, ttl: number, tags: readonly string[]): Spill {
    const key = bodyKey(id);
    return {
      write: (source) => this.#streams.set(key, source, { ttl, grace: 0, swr: 0, jitter: 0, tags, lease: false }),
      read: async () => (await this.#streams.get(key, { filling: true }))?.body,
      drop: async () => void (await this.#streams.delete(key)),
    };
  }

  /** A long body; `undefined` where it is lost. */
  async body(id: string): Promise<ReadableStream<Uint8Array> | undefined> {
    try {
      return (await this.#streams.get(bodyKey(id)))?.body;
    } catch {
      return undefined;
    }
  }

  /** Tells of what went wrong besides. */
  fault(error: unknown, operation: string): void {
    this.#verbs.engine.emit("error", () => ({ error, operation }));
  }

  async dropBody(id: string): Promise<void> {
    await this.#streams.delete(bodyKey(id));
  }
}

function storedOf(value: unknown): Stored | undefined {
  return isStored(value) ? value : undefined;
}

function nothing(): undefined {}

/** What tells the views of a cache apart: before all keys of a view, and whether it looks in others as well. */
export function placeId(cache: AnyCache): string {
  const { space } = verbsOf(cache);
  return `${space === space.own ? "own" : "inheriting"} ${space.own.prefix}`;
}

function bodyKey(id: string): string {
  return `BODY ${id}`;
}
