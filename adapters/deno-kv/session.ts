/**
 * What all operations share while a store is open.
 *
 * @module
 */
import { TierError } from "../../src/errors.ts";
import type { Change } from "../../src/tier.ts";
import {
  type DenoKv,
  expireIn,
  type KvAtomic,
  type KvFound,
  type KvKey,
  MOST_BYTES,
  MOST_CHANGES,
  MOST_CHECKS,
  MOST_KEY_BYTES,
  MOST_READS,
} from "./kv.ts";
import { bytesOf, type Layout } from "./layout.ts";
import { patiently } from "./patience.ts";
import { endOf, type KeyRecord } from "./record.ts";

/** An open store. */
export interface Session {
  readonly kv: DenoKv;
  readonly layout: Layout;
  /** Name of the tier, for errors. */
  readonly name: string;
  /** Tells this tier's changes from those of others. */
  readonly origin: number;
}

/** How long a change stays in the journal. */
export const JOURNAL_MS = 600_000;

/** So often an operation is begun again that another one, in another process, has come in between. */
const MOST_ATTEMPTS = 50;

/** Consecutive parts of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}

/** Reads any number of keys, at the same time where one call does not take them all. */
export async function readKeys(kv: DenoKv, keys: readonly KvKey[]): Promise<KvFound[]> {
  return (await Promise.all(chunks(keys, MOST_READS).map((some) => kv.getMany(some)))).flat();
}

/**
 * Repeats an operation for those of its items that others came between, until there are none.
 *
 * @param attempt answers with the items that are to be tried again
 * @throws {TierError} when others come between again and again
 */
export async function insist<T>(
  name: string,
  items: readonly T[],
  attempt: (items: readonly T[]) => Promise<readonly T[]>,
): Promise<void> {
  let left = items;
  for (let count = 0; count < MOST_ATTEMPTS; count++) {
    left = await attempt(left);
    if (left.length === 0) return;
  }
  throw new TierError(name, `Gave up a write to ${name} as others changed the same keys ${MOST_ATTEMPTS} times`);
}

/** What becomes of one key. */
export interface Plan {
  readonly key: string;
  /** Of its record as it was read: when that has changed, nothing is done. */
  readonly versionstamp: string | null;
  /** Put in its place; `null` removes it. */
  readonly record: KeyRecord | null;
  /** Parts to put. */
  readonly parts?: readonly Uint8Array[];
  /** How many parts there were. Those that are not put are removed when the record is. */
  readonly before?: number;
  /** Whether others are to be told. */
  readonly isChange: boolean;
}

/**
 * Carries out plans in as few atomic operations as will do, one for up to 100 keys that are not too large together. What it
 * changes is told in the journal, in the same operation. Answers with the keys that others came between.
 */
export async function carryOut(session: Session, plans: readonly Plan[], now: number): Promise<string[]> {
  const late: string[] = [];
  for (const group of groupsOf(session.layout, plans)) {
    const keys = group.filter(({ isChange }) => isChange).map(({ key }) => key);
    const isDone = await commit(session.kv, (atomic) => {
      for (const plan of group) change(atomic, session.layout, plan, now);
      if (keys.length > 0) tell(atomic, session, { by: "keys", keys });
    });
    if (!isDone) late.push(...group.map(({ key }) => key));
  }
  return late;
}

/** Commits an atomic operation; answers whether its checks held. */
export function commit(kv: DenoKv, build: (atomic: KvAtomic) => void): Promise<boolean> {
  return patiently(async () => {
    const atomic = kv.atomic();
    build(atomic);
    return (await atomic.commit()).ok;
  });
}

/** Adds a change to the journal. One atomic operation can tell of one. */
export function tell(atomic: KvAtomic, { kv, layout, origin }: Session, told: Change): void {
  atomic.set(layout.change(kv.commitVersionstamp()), { origin, change: told }, { expireIn: JOURNAL_MS });
}

function change(atomic: KvAtomic, layout: Layout, plan: Plan, now: number): void {
  const { key, versionstamp, record, parts = [], before = 0 } = plan;
  const at = layout.record(key);
  atomic.check({ key: at, versionstamp });
  if (record === null) {
    if (versionstamp !== null) atomic.delete(at);
  } else {
    atomic.set(at, record, expireIn(endOf(record), now));
    for (const [index, part] of parts.entries())
      atomic.set(layout.part(key, index), part, expireIn(record.entry!.staleUntil, now));
  }
  for (let index = parts.length; index < before; index++) atomic.delete(layout.part(key, index));
}

function groupsOf(layout: Layout, plans: readonly Plan[]): Plan[][] {
  const groups: Plan[][] = [];
  let left = { keys: 0, changes: 0, keyBytes: 0, bytes: 0 };
  for (const plan of plans) {
    const { key, record, parts = [], before = 0 } = plan;
    const changes = 1 + Math.max(parts.length, before);
    // The record, its parts, the check, and the journal.
    const keyBytes = bytesOf(layout.part(key, 0)) * (changes + 2);
    const bytes = keyBytes + parts.reduce((sum, part) => sum + part.length, 0) + sizeOf(record);
    const isFull = left.keys < 1 || left.changes < changes || left.keyBytes < keyBytes || left.bytes < bytes;
    if (isFull) {
      groups.push([]);
      left = { keys: MOST_CHECKS, changes: MOST_CHANGES, keyBytes: MOST_KEY_BYTES, bytes: MOST_BYTES };
    }
    groups.at(-1)!.push(plan);
    left = {
      keys: left.keys - 1,
      changes: left.changes - changes,
      keyBytes: left.keyBytes - keyBytes,
      bytes: left.bytes - bytes,
    };
  }
  return groups;
}

/** An estimate of the bytes of a record as it is stored that is not below the truth. */
function sizeOf(record: KeyRecord | null): number {
  const { entry } = record ?? {};
  if (entry === undefined) return 100;
  const { tags, version = "", codec = "", profile = "", value } = entry;
  const texts = [...tags, version, codec, profile].reduce((sum, text) => sum + 8 + 2 * text.length, 0);
  return 500 + texts + (value?.length ?? 0);
}
