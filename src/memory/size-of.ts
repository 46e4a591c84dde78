/**
 * What entries weigh, in bytes: by a `sizeOf`, of the tier's user or the default one.
 *
 * @module
 */
import { mustBe, ValueError } from "../errors.ts";
import type { Columns } from "./columns.ts";
import { estimateBytes } from "./weight.ts";

/** Bytes of one entry. */
export type SizeOf = (value: unknown, key: string) => number;

/** Entries measured when the bytes of a tier without `maxBytes` are asked for. */
const SAMPLE = 200;

/** A rough estimate of an entry's heap size. */
export function defaultSizeOf(value: unknown, key: string): number {
  return 48 + key.length + estimateBytes(value);
}

/** @throws {ValueError} for an answer of `sizeOf` that is no weight */
export function weigh(sizeOf: SizeOf, key: string, value: unknown): number {
  const weight = sizeOf(value, key);
  if (Number.isFinite(weight) && weight >= 0) return Math.ceil(weight);
  throw new ValueError(mustBe("answer of sizeOf", "a finite number of 0 or more", weight));
}

/** Bytes of all entries, as the first of them are. */
export function sampled({ index, values }: Columns, sizeOf: SizeOf): number {
  let bytes = 0;
  let measured = 0;
  let looked = 0;
  for (const [key, slot] of index) {
    try {
      bytes += sizeOf(values[slot], key);
      measured++;
    } catch {
      // One that can't be measured is taken to be like the others.
    }
    if (++looked === SAMPLE) break;
  }
  return Math.round((bytes / measured) * index.size) || 0;
}
