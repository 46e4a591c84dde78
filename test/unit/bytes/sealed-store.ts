/**
 * An encrypted tier over a store in memory, and what tests do with it.
 *
 * @module
 */
import { type EncryptionOptions, encryption, type KeyRing, keyRing } from "../../../src/bytes/encryption/mod.ts";
import { type BytesOptions, bytes } from "../../../src/bytes/mod.ts";
import type { Entry } from "../../../src/entry.ts";
import type { Tier, TierContext, Write } from "../../../src/tier.ts";
import { type MapData, mapData, mapTier } from "../../contract/mod.ts";
import { NOW, READ, type Report } from "./byte-store.ts";

/** 32 bytes, each of this number. */
export function keyOf(byte: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(32).fill(byte);
}

/** A tier that is open, with its store, and what it reported. */
export interface Sealed {
  readonly tier: Tier;
  readonly store: Tier<Uint8Array>;
  readonly data: MapData;
  readonly reports: Report[];
  readonly removed: string[];
}

/** What {@linkcode sealed} is made of. */
export interface SealedOptions extends EncryptionOptions {
  readonly ring?: KeyRing;
  readonly data?: MapData;
  readonly cacheName?: string;
  readonly bytes?: BytesOptions;
  readonly wrap?: (store: Tier<Uint8Array>) => Tier<Uint8Array>;
}

/** The context of a tier that reports into lists. */
export function contextOf(cacheName: string, reports: Report[], removed: string[]): TierContext {
  return {
    cacheName,
    clock: { now: () => NOW, setTimer: () => 0, clearTimer() {} },
    random: () => 0,
    removed: (key, reason) => removed.push(`${key}: ${reason}`),
    report: (kind, error, key) => reports.push({ kind, error, key }),
  };
}

/** Opens an encrypted tier. */
export async function sealed(options: SealedOptions = {}): Promise<Sealed> {
  const {
    ring = keyRing({ current: keyOf(1) }),
    data = mapData(),
    cacheName = "app",
    wrap = (store) => store,
    bytes: others,
    ...own
  } = options;
  const store = wrap(mapTier({ data }) as Tier<Uint8Array>);
  const tier = bytes(store, { ...others, encryption: encryption(ring, own) });
  const reports: Report[] = [];
  const removed: string[] = [];
  await tier.open!(contextOf(cacheName, reports, removed));
  return { tier, store, data, reports, removed };
}

/** Prepares and writes. */
export async function store(tier: Tier, ...writes: Write[]): Promise<void> {
  await tier.setMany(await tier.prepare!(writes), NOW);
}

/** The value under each key; `undefined` for a miss. */
export async function read(tier: Tier, ...keys: string[]): Promise<unknown[]> {
  return (await tier.getMany(keys, READ)).entries.map((found) => found?.value);
}

/** The entry as the store has it. */
export function stored(data: MapData, key: string): Entry<Uint8Array> {
  return data.entries.get(key) as Entry<Uint8Array>;
}

/** Puts other bytes, or other metadata, in the place of what the store has. */
export function forge(data: MapData, key: string, fields: Partial<Entry<Uint8Array>>): void {
  data.entries.set(key, { ...stored(data, key), ...fields });
}

/** Closes a tier, which ends when nothing is left in the background. */
export async function closed(tier: Tier): Promise<void> {
  await tier.close?.();
}
