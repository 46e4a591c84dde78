/**
 * What a driver found, as an entry.
 *
 * @module
 */
import { decodeEnvelope } from "../../src/bytes/envelope.ts";
import type { Entry } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import type { Found } from "./driver.ts";

/** The entry in a record. */
export function entryOf(found: Found): Entry<Uint8Array> | CorruptError | undefined {
  if (!(found instanceof Uint8Array)) return found;
  try {
    return decodeEnvelope(found);
  } catch (error) {
    return error as CorruptError;
  }
}

/** The entry in a record, if it can be read and is not over. */
export function liveEntry(found: Found, now: number): Entry<Uint8Array> | undefined {
  const entry = entryOf(found);
  return entry === undefined || entry instanceof CorruptError || entry.staleUntil <= now ? undefined : entry;
}
