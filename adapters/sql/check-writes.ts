/**
 * What SQLite cannot keep, refused before anything is written.
 *
 * @module
 */
import { KeyError, TierLimitError } from "../../src/errors.ts";
import type { Tier, Write } from "../../src/tier.ts";
import { isStorable } from "./liveness.ts";

/**
 * The writes, when all of their keys and tags come back from SQLite as they were.
 *
 * @throws {KeyError} for NUL or a lone surrogate
 * @throws {TierLimitError} for a key that is longer than the tier's `maxKeyBytes`
 */
export function checkWrites(
  { name, capabilities: { maxKeyBytes = Infinity } }: Pick<Tier, "name" | "capabilities">,
  writes: readonly Write<Uint8Array>[],
): readonly Write<Uint8Array>[] {
  for (const { key, entry } of writes) {
    if (!isStorable(key) || !entry.tags.every(isStorable)) {
      throw new KeyError("Cannot store entry as its key and tags must be without NUL and lone surrogates");
    }
    // A code unit has at most three bytes of UTF-8.
    if (key.length * 3 <= maxKeyBytes) continue;
    const bytes = new TextEncoder().encode(key).length;
    if (bytes > maxKeyBytes) {
      throw new TierLimitError(
        `Cannot store key in ${name} as it must be at most ${maxKeyBytes} bytes: received ${bytes}`,
      );
    }
  }
  return writes;
}
