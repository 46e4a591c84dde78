/**
 * Writing batches: their arguments, in parts that Redis takes in one command.
 *
 * @module
 */
import { KeyError, TierLimitError } from "../../src/errors.ts";
import type { Tier, Write, WriteResult } from "../../src/tier.ts";
import { isStorable } from "./keys.ts";
import { type Argument, textOf } from "./link.ts";
import { headParts, payloadPart, sequenceText, timeToLive } from "./record.ts";
import type { Session } from "./session.ts";

/** How many members of the index each write looks at: more than one, so that what is gone does not pile up. */
const SAMPLE = 2;

/** What writes must keep to. */
export interface WriteLimits {
  /** Most records of tags. */
  readonly mostTags: number;
  /** Most bytes of payloads in one call, one payload aside. */
  readonly maxCallBytes: number;
}

/** Writes a batch, in one call unless its payloads are too large together. */
export async function writeAll(
  session: Session,
  writes: readonly Write<Uint8Array>[],
  now: number,
  { mostTags, maxCallBytes }: WriteLimits,
): Promise<WriteResult> {
  let sequence = session.sequence;
  const refused: string[] = [];
  for (const part of split(writes, maxCallBytes)) {
    const { isText, isCluster } = session.link;
    const args: Argument[] = [isCluster ? "0" : String(SAMPLE), String(mostTags)];
    for (const write of part) args.push(...argumentsOf(write, now, isText));
    const keys = part.map(({ key }) => key);
    const answer = await session.ask("set", now, keys, args);
    sequence = answer.sequence;
    for (const [index, mark] of [...textOf(answer.parts[0])].entries()) if (mark === "1") refused.push(keys[index]!);
  }
  return refused.length === 0 ? { sequence } : { sequence, refused };
}

function* split(writes: readonly Write<Uint8Array>[], maxCallBytes: number): Generator<readonly Write<Uint8Array>[]> {
  let start = 0;
  let bytes = 0;
  for (const [index, { entry }] of writes.entries()) {
    bytes += entry.value.length;
    if (bytes <= maxCallBytes || index === start) continue;
    yield writes.slice(start, index);
    start = index;
    bytes = entry.value.length;
  }
  if (start < writes.length) yield writes.slice(start);
}

function argumentsOf({ entry, lease }: Write<Uint8Array>, now: number, isText: boolean): Argument[] {
  const { staleUntil, sequence } = entry;
  const [before, after] = headParts(entry, isText);
  return [
    before,
    timeToLive(staleUntil, now),
    sequence === undefined ? "" : sequenceText(sequence),
    lease === undefined ? "" : String(lease),
    after,
    payloadPart(entry.value, isText),
  ];
}

/**
 * Refuses what Redis, or the names of the keys in it, could not keep apart.
 *
 * @throws {KeyError} for NUL or a lone surrogate
 * @throws {TierLimitError} for a key that is longer than the tier's `maxKeyBytes`
 */
export function checkWrites(
  { name, capabilities: { maxKeyBytes = Infinity } }: Pick<Tier, "name" | "capabilities">,
  writes: readonly Write<Uint8Array>[],
): void {
  for (const { key, entry } of writes) {
    if (!isStorable(key) || !entry.tags.every(isStorable))
      throw new KeyError("Cannot store entry as its key and tags must be without NUL and lone surrogates");
    // A code unit has at most three bytes of UTF-8.
    if (key.length * 3 <= maxKeyBytes) continue;
    const bytes = new TextEncoder().encode(key).length;
    if (bytes > maxKeyBytes)
      throw new TierLimitError(
        `Cannot store key in ${name} as it must be at most ${maxKeyBytes} bytes: received ${bytes}`,
      );
  }
}
