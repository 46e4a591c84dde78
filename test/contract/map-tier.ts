/**
 * The reference tier: a Map, and everything that the Tier contract asks for, said as plainly as possible.
 *
 * @module
 */
import { defineTier } from "../../src/define-tier.ts";
import type { Entry } from "../../src/entry.ts";
import type { Capabilities, SyncTier, TagInvalidation, TagSequences, Tier, TierOptions } from "../../src/tier.ts";

/** An invalidation by a set of tags that an entry must have all of, or exactly. */
interface Rule {
  readonly tags: readonly string[];
  readonly exact: boolean;
  readonly deleted: number;
  readonly expired: number;
}

/** What a {@linkcode mapTier} keeps. Two tiers over one `MapData` are two processes over one store. */
export interface MapData {
  readonly entries: Map<string, Entry>;
  /** By tag. A tag that entries have but that is not in here makes misses of them. */
  readonly tags: Map<string, TagSequences>;
  /** Invalidations with `match: "all"` and `"exact"`, the last of each set of tags. Grows with those sets; never shrinks. */
  readonly rules: Map<string, Rule>;
  /** By key. */
  readonly leases: Map<string, { readonly id: number; readonly until: number }>;
  /** The invalidation sequence. */
  sequence: number;
  lastLease: number;
}

/** An empty store for {@linkcode mapTier}. */
export function mapData(): MapData {
  return { entries: new Map(), tags: new Map(), rules: new Map(), leases: new Map(), sequence: 0, lastLease: 0 };
}

/** Options of {@linkcode mapTier}. */
export interface MapTierOptions extends TierOptions {
  /** Store to work on. Default a new one. When given, the tier declares itself `durable` and `shared`. */
  data?: MapData;
}

/**
 * A tier that keeps values by reference in a Map, with every capability: an example for authors of adapters and a
 * lower tier for tests. It has no bound and every scan sorts all keys: in programs use `memory()`.
 */
export function mapTier(options: MapTierOptions = {}): Tier {
  const { data, ...tierOptions } = options;
  const sync = operations(data ?? mapData());
  const kept = data !== undefined;
  const capabilities: Capabilities = {
    sync: true,
    keys: true,
    tags: true,
    leases: true,
    local: true,
    durable: kept,
    shared: kept,
  };
  // The asynchronous face may answer with plain values, so both faces are the same functions.
  return defineTier({ ...sync, name: options.name ?? "map", capabilities, options: tierOptions, sync });
}

/** The operations of the reference tier on `data`. */
function operations(data: MapData): Required<SyncTier> {
  /** The entry as a reader may see it: `undefined` when it is over or was invalidated. */
  function live(key: string, now: number): Entry | undefined {
    const entry = data.entries.get(key);
    if (!entry || entry.staleUntil <= now) return undefined;
    if (entry.tags.length === 0) return entry;
    const sequence = entry.sequence ?? 0;
    const marks: (TagSequences | undefined)[] = entry.tags.map((tag) => data.tags.get(tag));
    for (const rule of data.rules.values()) if (applies(rule, entry.tags)) marks.push(rule);
    if (marks.some((mark) => !mark || mark.deleted > sequence)) return undefined;
    return marks.some((mark) => mark && mark.expired > sequence) ? { ...entry, freshUntil: 0 } : entry;
  }

  function liveKeys(prefix: string, now: number): string[] {
    return [...data.entries.keys()].filter((key) => key.startsWith(prefix) && live(key, now)).sort();
  }

  function lease(key: string, now: number, ms: number): number | undefined {
    const held = data.leases.get(key);
    if (held && held.until > now) return undefined;
    data.lastLease += 1;
    data.leases.set(key, { id: data.lastLease, until: now + ms });
    return data.lastLease;
  }

  return {
    getMany(keys, { now, sequence, lease: ms }) {
      const entries = keys.map((key) => live(key, now));
      return {
        entries,
        ...(sequence && { sequence: data.sequence }),
        ...(ms !== undefined && {
          leases: keys.map((key, index) => (entries[index] ? undefined : lease(key, now, ms))),
        }),
      };
    },

    setMany(writes) {
      for (const { key, entry, lease } of writes) {
        if (lease !== undefined && data.leases.get(key)?.id !== lease) continue;
        data.leases.delete(key);
        const sequence = entry.sequence ?? data.sequence;
        data.entries.set(key, { ...entry, sequence });
        // A first record says that nothing older than this entry is known to be valid.
        for (const tag of entry.tags)
          if (!data.tags.has(tag)) data.tags.set(tag, { deleted: sequence, expired: sequence });
      }
      return data.sequence;
    },

    deleteMany(keys, now) {
      return keys.map((key) => {
        const existed = live(key, now) !== undefined;
        data.entries.delete(key);
        data.leases.delete(key);
        return existed;
      });
    },

    touchMany(touches, now) {
      return touches.map(({ key, freshUntil, staleUntil }) => {
        const entry = live(key, now) && data.entries.get(key);
        if (entry) data.entries.set(key, { ...entry, freshUntil, staleUntil });
        return entry !== undefined;
      });
    },

    clear(prefix) {
      for (const kept of [data.entries, data.leases]) {
        for (const key of [...kept.keys()]) if (key.startsWith(prefix)) kept.delete(key);
      }
    },

    prune(limit, now) {
      const expired = [...data.entries].filter(([, entry]) => entry.staleUntil <= now).map(([key]) => key);
      const pruned = expired.slice(0, limit);
      for (const key of pruned) data.entries.delete(key);
      for (const [key, { until }] of [...data.leases]) if (until <= now) data.leases.delete(key);
      return pruned;
    },

    scan({ prefix, cursor, limit, now }) {
      // The cursor is the last key of the page before, so that keys which come and go in between hide no other.
      const rest = liveKeys(prefix, now).filter((key) => cursor === undefined || key > cursor);
      const keys = rest.slice(0, limit);
      return { keys, cursor: rest.length > keys.length ? keys.at(-1) : undefined };
    },

    size(prefix, now) {
      return liveKeys(prefix, now).length;
    },

    invalidate(invalidation) {
      const { now, after, match, tags } = invalidation;
      data.sequence = Math.max(data.sequence + 1, now, after + 1);
      if (match === "any") {
        for (const tag of tags) data.tags.set(tag, raised(data.tags.get(tag), invalidation, data.sequence));
      } else {
        const sorted = [...new Set(tags)].sort();
        const id = JSON.stringify([match, ...sorted]);
        const mark = raised(data.rules.get(id), invalidation, data.sequence);
        data.rules.set(id, { ...mark, tags: sorted, exact: match === "exact" });
      }
      return data.sequence;
    },

    sequences(tags) {
      return { current: data.sequence, tags: tags.map((tag) => data.tags.get(tag)) };
    },

    release(leases) {
      for (const { key, lease } of leases) {
        if (lease === undefined || data.leases.get(key)?.id === lease) data.leases.delete(key);
      }
    },
  };
}

function applies(rule: Rule, tags: readonly string[]): boolean {
  return rule.tags.every((tag) => tags.includes(tag)) && (!rule.exact || rule.tags.length === tags.length);
}

function raised(mark: TagSequences | undefined, { mode }: TagInvalidation, sequence: number): TagSequences {
  const { deleted = 0, expired = 0 } = mark ?? {};
  return mode === "delete" ? { deleted: sequence, expired } : { deleted, expired: sequence };
}
