/**
 * Damage to what a store gives back.
 *
 * @module
 */

import type { Entry } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import type { ReadResult } from "../../src/tier.ts";
import { seededRandom } from "./seeded-random.ts";

/**
 * Makes the function that damages the answer to a read: bytes become other bytes, any other value a miss that is
 * told to `report`. The kinds of damage change from read to read and repeat from run to run.
 */
export function corruptor(
  tier: string,
  report: (error: CorruptError, key: string) => void,
): <V>(keys: readonly string[], answer: ReadResult<V>) => ReadResult<V> {
  const random = seededRandom(6);
  return <V>(keys: readonly string[], answer: ReadResult<V>): ReadResult<V> => {
    const entries = answer.entries.map((entry, index): Entry<V> | undefined => {
      if (!entry) return entry;
      if (entry.value instanceof Uint8Array) {
        return { ...entry, value: damage(entry.value, random) as V };
      }
      report(
        new CorruptError(`Cannot read an entry of tier ${tier} as an injected fault made it corrupt`),
        keys[index]!,
      );
      return undefined;
    });
    return { ...answer, entries };
  };
}

/** Bytes that are certainly not `bytes`, and a copy. */
function damage(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length === 0) return new Uint8Array([Math.floor(random() * 256)]);
  const position = Math.floor(random() * copy.length);
  switch (Math.floor(random() * 4)) {
    case 0:
      copy[position]! ^= 1 << Math.floor(random() * 8);
      return copy;
    case 1:
      return copy.slice(0, position);
    case 2:
      // Every byte by 1 to 255, so that none stays as it was.
      return copy.map((byte) => (byte + 1 + Math.floor(random() * 255)) & 0xff);
    default:
      return new Uint8Array(0);
  }
}
