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
import { FEW_TAGS } from "./scripts/set.ts";
import type { Answer, Session } from "./session.ts";

/** Writes after which a writer looks after the index. */
const ROUND = 32;

/** How many members of the index it looks at then for each write: more than one, so that what is gone does not pile up. */
const SAMPLE = 2;

/** Most members that it looks at in one call. */
const MOST_SAMPLES = 300;

/** What writes must keep to. */
export interface WriteLimits {
  /** Most records of tags. */
  readonly mostTags: number;
  /** Most bytes of payloads in one call, one payload aside. */
  readonly maxCallBytes: number;
}

/** Writes batches of one opener. */
export class Writer {
  readonly #session: Session;
  readonly #limits: WriteLimits;
  /** Writes since it looked after the index, in the beginning by chance: some processes write a few times only. */
  #written: number;

  constructor(session: Session, limits: WriteLimits) {
    this.#session = session;
    this.#limits = limits;
    this.#written = Math.floor(session.context.random() * ROUND);
  }

  /** Writes a batch, in one call unless its payloads are too large together. */
  async write(writes: readonly Write<Uint8Array>[], now: number): Promise<WriteResult> {
    let sequence: number | undefined;
    const refused: string[] = [];
    for (const part of split(writes, this.#limits.maxCallBytes)) {
      const answer = await this.#ask(part, now);
      sequence ??= answer.sequence;
      const marks = textOf(answer.parts[0]);
      for (let at = marks.indexOf("1"); at >= 0; at = marks.indexOf("1", at + 1)) refused.push(part[at]!.key);
    }
    sequence ??= this.#session.sequence;
    return refused.length === 0 ? { sequence } : { sequence, refused };
  }

  #ask(writes: readonly Write<Uint8Array>[], now: number): Promise<Answer> {
    const { isText, isCluster } = this.#session.link;
    const samples = isCluster ? 0 : this.#samples(writes.length);
    const mostTags = String(this.#limits.mostTags);
    const [{ key, entry }] = writes as readonly [Write<Uint8Array>];
    if (writes.length === 1 && samples === 0 && entry.tags.length <= FEW_TAGS && entry.staleUntil > now) {
      const [before, left, sequence, lease, after, payload] = argumentsOf(writes[0]!, now, isText);
      const some = `${mostTags} ${left || "-"} ${sequence || "-"} ${lease || "-"} ${before}${after}`;
      const answer = this.#session.put(now, key, some, payload);
      if (answer !== undefined) return answer;
    }
    const args: Argument[] = [String(samples), mostTags];
    for (const write of writes) args.push(...argumentsOf(write, now, isText));
    return this.#session.ask("set", now, keysOf(writes), args);
  }

  /** How many members of the index to look at. */
  #samples(writes: number): number {
    this.#written += writes;
    if (this.#written < ROUND) return 0;
    const samples = Math.min(this.#written * SAMPLE, MOST_SAMPLES);
    this.#written = 0;
    return samples;
  }
}

/** Head up to the epoch, time to live, sequence, lease, rest of the head, payload; empty for what there is not. */
function argumentsOf(
  { entry, lease }: Write<Uint8Array>,
  now: number,
  isText: boolean,
): [before: string, left: string, sequence: string, lease: string, after: string, payload: Argument] {
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

function keysOf(writes: readonly Write<Uint8Array>[]): string[] {
  return writes.map(({ key }) => key);
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
