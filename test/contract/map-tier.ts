/**
 * The reference tier: a Map, and everything that the Tier contract asks for, said as plainly as possible.
 *
 * @module
 */
import { defineTier } from "../../src/define-tier.ts";
import type { Entry } from "../../src/entry.ts";
import type { Capabilities, Change, SyncTier, TagInvalidation, Tier, TierOptions } from "../../src/tier.ts";
import type { MapData, Mark, Rule } from "./map-data.ts";
import { mapData } from "./map-data.ts";

/** Options of {@linkcode mapTier}. */
export interface MapTierOptions extends TierOptions {
  /** Store to work on. Default a new one. When given, the tier is `durable` and `shared` and has a `journal`. */
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
    journal: kept,
    durable: kept,
    shared: kept,
  };
  // The asynchronous face may answer with plain values, so both faces are the same functions.
  return defineTier({ ...sync, name: options.name ?? "map", capabilities, options: tierOptions, sync });
}

/** The operations of one tier on `data`. */
function operations(data: MapData): Required<SyncTier> {
  /** Tells this tier's changes from those of others. */
  const origin = {};

  function record(change: Change): void {
    data.position += 1;
    data.journal.push({ position: data.position, origin, change });
    if (data.journal.length > data.journalLimit) data.journal.shift();
  }

  function recordKeys(keys: readonly string[]): void {
    if (keys.length > 0) record({ by: "keys", keys });
  }

  /** The entry as a reader may see it: `undefined` when it is over or was invalidated. */
  function live(key: string, now: number): Entry | undefined {
    const entry = data.entries.get(key);
    if (!entry || entry.staleUntil <= now) return undefined;
    if (entry.tags.length === 0) return entry;
    const sequence = entry.sequence ?? 0;
    const marks: (Mark | undefined)[] = entry.tags.map((tag) => data.tags.get(tag));
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
    getMany(keys, { now, sequence, lease: ms, refresh = false }) {
      const entries = keys.map((key) => live(key, now));
      const isFresh = (entry?: Entry) => entry !== undefined && entry.freshUntil > now;
      return {
        entries,
        ...(sequence && { sequence: data.sequence }),
        ...(ms !== undefined && {
          leases: keys.map((key, index) => (isFresh(entries[index]) && !refresh ? undefined : lease(key, now, ms))),
        }),
      };
    },

    setMany(writes) {
      const stored: string[] = [];
      const refused: string[] = [];
      for (const { key, entry, lease } of writes) {
        // A lease that ran out is as good as any as long as it is the key's: nobody else has loaded meanwhile.
        if (lease !== undefined && data.leases.get(key)?.id !== lease) {
          refused.push(key);
          continue;
        }
        data.leases.delete(key);
        const sequence = entry.sequence ?? data.sequence;
        data.entries.set(key, { ...entry, sequence });
        // A first record says that nothing older than this entry is known to be valid.
        for (const tag of entry.tags)
          if (!data.tags.has(tag)) data.tags.set(tag, { deleted: sequence, expired: sequence });
        stored.push(key);
      }
      recordKeys(stored);
      return { sequence: data.sequence, refused };
    },

    deleteMany(keys, now) {
      const existed = keys.map((key) => {
        const found = live(key, now) !== undefined;
        data.entries.delete(key);
        data.leases.delete(key);
        return found;
      });
      // Also those that were not there: a cache may still have what this store has lost.
      recordKeys(keys);
      return existed;
    },

    touchMany(touches, now) {
      const existed = touches.map(({ key, freshUntil, staleUntil }) => {
        const entry = live(key, now) && data.entries.get(key);
        if (entry) data.entries.set(key, { ...entry, freshUntil, staleUntil });
        return entry !== undefined;
      });
      recordKeys(touches.filter((_, index) => existed[index]).map(({ key }) => key));
      return existed;
    },

    clear(prefix) {
      for (const kept of [data.entries, data.leases]) {
        for (const key of [...kept.keys()]) if (key.startsWith(prefix)) kept.delete(key);
      }
      record({ by: "prefix", prefix });
    },

    prune(limit, now) {
      const expired = [...data.entries].filter(([, entry]) => entry.staleUntil <= now).map(([key]) => key);
      const pruned = expired.slice(0, limit);
      for (const key of pruned) data.entries.delete(key);
      return pruned;
    },

    scan({ prefix, cursor, limit, now, leased = false }) {
      const loading = leased ? [...data.leases.keys()].filter((key) => key.startsWith(prefix)) : [];
      const all = [...new Set([...liveKeys(prefix, now), ...loading])].sort();
      // The cursor is the last key of the page before, so that keys which come and go in between hide no other.
      const rest = all.filter((key) => cursor === undefined || key > cursor);
      const keys = rest.slice(0, limit);
      return { keys, cursor: rest.length > keys.length ? keys.at(-1) : undefined };
    },

    size(prefix, now) {
      return liveKeys(prefix, now).length;
    },

    invalidate(invalidation) {
      const { now, after, match, mode, tags } = invalidation;
      data.sequence = Math.max(data.sequence + 1, now, after + 1);
      if (match === "any") {
        for (const tag of tags) data.tags.set(tag, raised(data.tags.get(tag), invalidation, data.sequence));
      } else {
        const sorted = [...new Set(tags)].sort();
        const id = JSON.stringify([match, ...sorted]);
        const mark = raised(data.rules.get(id), invalidation, data.sequence);
        data.rules.set(id, { ...mark, tags: sorted, exact: match === "exact" });
      }
      record({ by: "tags", tags, match, mode, sequence: data.sequence });
      return data.sequence;
    },

    journal(since) {
      const { position, sequence } = data;
      if (since === undefined) return { position, sequence, changes: [] };
      const forgotten = position - data.journal.length;
      if (since < forgotten || since > position) return { position, sequence, changes: undefined };
      const others = data.journal.filter((record) => record.position > since && record.origin !== origin);
      return { position, sequence, changes: others.map(({ change }) => change) };
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

function raised(mark: Mark | undefined, { mode }: TagInvalidation, sequence: number): Mark {
  const { deleted = 0, expired = 0 } = mark ?? {};
  return mode === "delete" ? { deleted: sequence, expired } : { deleted, expired: sequence };
}
