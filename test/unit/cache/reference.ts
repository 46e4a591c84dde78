import type { InvalidationMode, TagMatch } from "../../../mod.ts";
import { compilePattern } from "../../../src/pattern.ts";

interface Item {
  readonly value: unknown;
  readonly tags: readonly string[];
  freshUntil: number;
  staleUntil: number;
  /** Invalidated by tag: `expire` makes it stale; `delete` takes it, and leaves its ghost. */
  state: "live" | "expired" | "deleted";
}

/** What a loader gave. */
interface Loaded {
  readonly value: unknown;
  readonly outcome: "value" | "undefined" | "skip" | string;
  readonly ttl: number | undefined;
  readonly tags: readonly string[];
}

/** What a cache does, said as plainly as possible: one map per namespace and a loop over it. */
export class Reference {
  readonly counts = { hits: 0, misses: 0, staleHits: 0, sets: 0, loads: 0, loadErrors: 0 };
  reads = 0;
  deletes = 0;
  readonly #paths: readonly (readonly string[])[];
  readonly #spaces: Map<string, Item>[];
  readonly #grace: number;
  readonly #now: () => number;

  constructor(paths: readonly (readonly string[])[], grace: number, now: () => number) {
    this.#paths = paths;
    this.#spaces = paths.map(() => new Map());
    this.#grace = grace;
    this.#now = now;
  }

  /** The entry of a key, fresh or stale. */
  #item(space: number, key: string): Item | undefined {
    const item = this.#spaces[space]!.get(key);
    return item && item.state !== "deleted" && item.staleUntil > this.#now() ? item : undefined;
  }

  #fresh(space: number, key: string): Item | undefined {
    const item = this.#item(space, key);
    return item?.state === "live" && item.freshUntil > this.#now() ? item : undefined;
  }

  get(space: number, key: string): unknown {
    this.reads++;
    const item = this.#fresh(space, key);
    this.counts[item ? "hits" : "misses"]++;
    return item?.value;
  }

  getMany(space: number, keys: readonly string[]): [string, unknown][] {
    const found = keys.map((key) => [key, this.get(space, key)] as [string, unknown]);
    return [...new Map(found.filter(([, value]) => value !== undefined))];
  }

  has(space: number, key: string): boolean {
    return this.#fresh(space, key) !== undefined;
  }

  meta(space: number, key: string): [number, boolean, readonly string[]] | undefined {
    const item = this.#item(space, key);
    if (!item) return undefined;
    const fresh = this.has(space, key);
    return [fresh ? item.freshUntil - this.#now() : 0, !fresh, item.tags];
  }

  stale(space: number, key: string): unknown {
    return this.#item(space, key)?.value;
  }

  anyValue(space: number, key: string): unknown {
    return this.#item(space, key)?.value;
  }

  live(space: number): string[] {
    return [...this.#spaces[space]!.keys()].filter((key) => this.#item(space, key));
  }

  set(space: number, key: string, value: unknown, ttl: number | undefined, tags: readonly string[]): void {
    if (ttl !== undefined && ttl <= 0) {
      this.delete(space, key);
      return;
    }
    this.counts.sets++;
    const freshUntil = this.#now() + (ttl ?? Infinity);
    this.#spaces[space]!.set(key, { value, tags, freshUntil, staleUntil: freshUntil + this.#grace, state: "live" });
  }

  getOrSet(
    space: number,
    key: string,
    loaded: Loaded | undefined,
  ): { value: unknown; loaded: boolean } | { failed: true; loaded: true } {
    this.reads++;
    const fresh = this.#fresh(space, key);
    if (fresh) {
      this.counts.hits++;
      return { value: fresh.value, loaded: false };
    }
    this.counts.loads++;
    if (!loaded) {
      this.counts.loadErrors++;
      const old = this.#item(space, key);
      this.counts[old ? "staleHits" : "misses"]++;
      return old ? { value: old.value, loaded: true } : { failed: true, loaded: true };
    }
    this.counts.misses++;
    if (loaded.outcome === "value") this.set(space, key, loaded.value, loaded.ttl, loaded.tags);
    return { value: loaded.outcome === "undefined" ? undefined : loaded.value, loaded: true };
  }

  delete(space: number, key: string): boolean {
    const existed = this.#item(space, key) !== undefined;
    this.#spaces[space]!.delete(key);
    return existed;
  }

  deleteMany(space: number, keys: readonly string[]): number {
    const count = [...new Set(keys)].filter((key) => this.delete(space, key)).length;
    this.deletes += count;
    return count;
  }

  /** How many of the keys were invalidated by tag, and might be there still. */
  ghosts(space: number, keys: readonly string[]): number {
    return [...new Set(keys)].filter((key) => this.#spaces[space]!.get(key)?.state === "deleted").length;
  }

  touch(space: number, key: string, ttl: number): boolean {
    const item = this.#item(space, key);
    if (!item || item.state === "expired") return false;
    item.freshUntil = this.#now() + ttl;
    item.staleUntil = item.freshUntil + this.#grace;
    return true;
  }

  invalidateTags(space: number, tags: readonly string[], match: TagMatch, mode: InvalidationMode): void {
    if (tags.length === 0) return;
    const wanted = new Set(tags);
    for (const item of this.#spaces[space]!.values()) {
      const has = [...wanted].filter((tag) => item.tags.includes(tag)).length;
      const hit =
        match === "any" ? has > 0 : has === wanted.size && (match === "all" || item.tags.length === wanted.size);
      if (hit && item.state !== "deleted") item.state = mode === "delete" ? "deleted" : "expired";
    }
  }

  invalidatePattern(space: number, pattern: string): number {
    const { matches } = compilePattern(pattern);
    const keys = this.live(space).filter(matches);
    for (const key of keys) this.delete(space, key);
    return keys.length;
  }

  /** With the namespaces inside. */
  clear(space: number): void {
    const path = this.#paths[space]!;
    this.#paths.forEach((other, i) => {
      if (path.every((name, at) => other[at] === name)) this.#spaces[i]!.clear();
    });
  }
}
