/**
 * What was cleared of a server. memcached cannot list its items, so they are cleared by being told from those written
 * later: a record in the server has a mark that every clear raises, and the prefixes that were cleared with the mark of each; an
 * item carries the mark that stood when it was written, and is over when a prefix of its key was cleared at a higher one.
 *
 * The record has a random number, its epoch, which items carry as well. When a server loses the record, as it may lose
 * any item, the next one has another epoch, and all items from before are over.
 *
 * @module
 */
import { xxHash32 } from "../../src/bytes/checksum.ts";
import { CorruptError } from "../../src/errors.ts";

/** The record. */
export interface Clears {
  readonly epoch: number;
  readonly mark: number;
  /** Items with a lower mark are over, whatever their key. */
  readonly floor: number;
  /** Prefixes with the mark of their last clear, the oldest first. */
  readonly prefixes: readonly (readonly [prefix: string, mark: number])[];
}

/** What an item carries. */
export interface Stamp {
  readonly epoch: number;
  readonly mark: number;
}

/** The record travels with every read, so it stays small: the oldest clears become clears of everything. */
const MAX_PREFIXES = 64;
const MAX_BYTES = 4_096;

/** A record without clears. Its epoch is never that of another. */
export function newClears(): Clears {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  // 53 bits.
  return { epoch: (high & 0x1f_ffff) * 0x1_0000_0000 + low, mark: 1, floor: 0, prefixes: [] };
}

/** Whether an item is over. */
export function isCleared({ epoch, floor, prefixes }: Clears, stamp: Stamp, key: string): boolean {
  return (
    stamp.epoch !== epoch ||
    stamp.mark < floor ||
    prefixes.some(([prefix, mark]) => stamp.mark < mark && key.startsWith(prefix))
  );
}

/** The record after one more clear. */
export function cleared(clears: Clears, prefix: string): Clears {
  const mark = clears.mark + 1;
  if (prefix === "") return { ...clears, mark, floor: mark, prefixes: [] };
  const prefixes = [...clears.prefixes.filter(([other]) => !other.startsWith(prefix)), [prefix, mark] as const];
  let { floor } = clears;
  while (prefixes.length > MAX_PREFIXES || encodeClears({ ...clears, prefixes }).length > MAX_BYTES) {
    floor = prefixes.shift()![1];
  }
  return { ...clears, mark, floor, prefixes };
}

/** The record as it is stored: JSON. */
export function encodeClears({ epoch, mark, floor, prefixes }: Clears): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([1, epoch, mark, floor, prefixes]));
}

/** The record in bytes; `undefined` for anything else. */
export function decodeClears(bytes: Uint8Array | undefined): Clears | undefined {
  if (bytes === undefined) return undefined;
  try {
    const [version, epoch, mark, floor, prefixes, ...rest] = JSON.parse(new TextDecoder().decode(bytes)) as unknown[];
    const isWhole =
      version === 1 &&
      [epoch, mark, floor].every(Number.isSafeInteger) &&
      Array.isArray(prefixes) &&
      prefixes.every(([prefix, at]) => typeof prefix === "string" && Number.isSafeInteger(at)) &&
      rest.length === 0;
    return isWhole ? ({ epoch, mark, floor, prefixes } as Clears) : undefined;
  } catch {
    return undefined;
  }
}

/** First two bytes of an item, and its format version. */
const MAGIC_0 = 0xfe;
const MAGIC_1 = 0x4d;
const VERSION = 1;
/** Magic, version, a zero, checksum of the stamp, epoch, mark. */
export const STAMP_SIZE = 24;

/** An item: a stamp and an envelope. */
export function stamped({ epoch, mark }: Stamp, envelope: Uint8Array): Uint8Array {
  const item = new Uint8Array(STAMP_SIZE + envelope.length);
  item[0] = MAGIC_0;
  item[1] = MAGIC_1;
  item[2] = VERSION;
  const view = new DataView(item.buffer);
  view.setFloat64(8, epoch);
  view.setFloat64(16, mark);
  view.setUint32(4, xxHash32(item, VERSION, 8, STAMP_SIZE));
  item.set(envelope, STAMP_SIZE);
  return item;
}

/**
 * The parts of an item; the envelope is a view.
 *
 * @throws {CorruptError} when it is damaged, foreign, or of an unknown version
 */
export function unstamped(item: Uint8Array): { stamp: Stamp; envelope: Uint8Array } {
  if (item.length < STAMP_SIZE || item[0] !== MAGIC_0 || item[1] !== MAGIC_1 || item[2] !== VERSION || item[3] !== 0) {
    throw new CorruptError("Cannot read item as it must begin with the mark of Tiercel: received another one");
  }
  const view = new DataView(item.buffer, item.byteOffset, item.byteLength);
  if (xxHash32(item, VERSION, 8, STAMP_SIZE) !== view.getUint32(4)) {
    throw new CorruptError("Cannot read item as its checksum must match its stamp: received another");
  }
  return { stamp: { epoch: view.getFloat64(8), mark: view.getFloat64(16) }, envelope: item.subarray(STAMP_SIZE) };
}
