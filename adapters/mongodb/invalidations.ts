/**
 * Tags: what was invalidated, and what that makes of entries.
 *
 * An invalidation first takes its number from the head, then raises the marks of its tags to it, and is acknowledged after
 * that. Both only rise, and readers look at marks after the entry that they are for: so whatever a reader misses was not yet
 * acknowledged, and what is loaded under the new number was loaded after the invalidation was asked for. No
 * transaction is needed, which a server by itself does not have.
 *
 * @module
 */
import { CorruptError, TierError } from "../../src/errors.ts";
import type { TagInvalidation } from "../../src/tier.ts";
import {
  firstHead,
  type Head,
  isHead,
  lastOf,
  type Mark,
  nextSequence,
  type Rule,
  type Tagged,
  type Verdict,
  verdictOf,
  withRule,
} from "../marks.ts";
import type { Calls, Doc } from "./driver.ts";
import { HEAD, MARKS, markId } from "./ids.ts";

/** Numbers of the store as a whole, and the rules. */
export interface MongoHead extends Head {
  /** When `floor` was raised. */
  readonly floorAt: number;
  readonly rules: readonly Rule[];
}

/** Says what became of an entry. */
export type Judge = (entry: Tagged) => Verdict;

/** Most rules kept. What is older than one that was dropped, and tagged, counts as invalidated. */
const MOST_RULES = 100;

/** Most marks kept, and how seldom it is looked for that. */
const MOST_MARKS = 10_000;
const LOOK_EVERY = 500;

/** How long after `floor` was raised marks may be dropped, in milliseconds: no reader that has seen the old one is left. */
const DROP_AFTER = 60_000;

/** So often an invalidation is begun again that another one has come in between. */
const MOST_ATTEMPTS = 50;

/** The head, as far as a reader needs it that has not to judge. */
export const SEQUENCE_ONLY: Doc = { rules: 0 };

/** The head in a document; makes one in a store that is empty. */
export async function headOf(calls: Calls, found: Doc | undefined, now: number): Promise<MongoHead> {
  const first = firstHead(now);
  const made = { ...first, floorAt: first.floor, rules: [] };
  const head = { rules: [], ...(found ?? (await calls.update({ _id: HEAD }, { $setOnInsert: made }, true))) };
  if (isHead(head) && Array.isArray(head.rules)) return head as unknown as MongoHead;
  throw new CorruptError("Cannot read invalidation sequence as the document head must have integers");
}

/** What was invalidated. */
export class Invalidations {
  readonly #calls: Calls;
  readonly #random: () => number;

  constructor(calls: Calls, random: () => number) {
    this.#calls = calls;
    this.#random = random;
  }

  /** Reads what there is to know of entries that were read before. */
  async judge(entries: Iterable<Tagged>, now: number): Promise<Judge> {
    const tags = [...new Set([...entries].flatMap((entry) => entry.tags))];
    if (tags.length === 0) return () => "valid";
    const ids = new Map(tags.map((tag) => [markId(tag), tag]));
    const docs = await this.#calls.find({ _id: { $in: [HEAD, ...ids.keys()] } });
    const head = await headOf(
      this.#calls,
      docs.find(({ _id }) => _id === HEAD),
      now,
    );
    const marks = new Map<string, Mark>();
    for (const { _id, deleted = head.floor, expired = 0 } of docs as readonly (Partial<Mark> & Doc)[]) {
      const tag = ids.get(_id as string);
      // One that was only ever expired may have had a mark that was dropped.
      if (tag !== undefined) marks.set(tag, { deleted, expired });
    }
    return (entry) => verdictOf(entry, head, marks, head.rules);
  }

  /** The sequence. */
  async sequence(now: number): Promise<number> {
    const [found] = await this.#calls.find({ _id: HEAD }, { projection: SEQUENCE_ONLY });
    return (await headOf(this.#calls, found, now)).sequence;
  }

  /** Invalidates by tags; answers with the new sequence. */
  async invalidate(invalidation: TagInvalidation): Promise<number> {
    const { match, mode } = invalidation;
    const tags = [...new Set(invalidation.tags)].sort();
    const isAny = match === "any" || tags.length === 0 || (match === "all" && tags.length === 1);
    if (!isAny) return this.#rule(tags, invalidation);
    const sequence = await this.#bump(invalidation);
    const raised = mode === "delete" ? { deleted: sequence, last: sequence } : { expired: sequence, last: sequence };
    const operations = tags.map((tag) => ({
      updateOne: { filter: { _id: markId(tag) }, update: { $max: raised }, upsert: true },
    }));
    for (let left = operations, count = 0; left.length > 0; count++) {
      if (count === MOST_ATTEMPTS) throw this.#gaveUp();
      // Two who make a mark at once: the second finds it.
      const { duplicates } = await this.#calls.bulk(left);
      left = duplicates.map((index) => left[index]!);
    }
    if (this.#random() < 1 / LOOK_EVERY) await this.#dropMarks(invalidation.now);
    return sequence;
  }

  async #bump({ now, after }: TagInvalidation): Promise<number> {
    const next = { $max: [{ $add: ["$sequence", 1] }, now, after + 1] };
    for (let count = 0; count < MOST_ATTEMPTS; count++) {
      const doc = await this.#calls.update({ _id: HEAD }, [{ $set: { sequence: next } }]);
      if (doc !== null) return (await headOf(this.#calls, doc, now)).sequence;
      await headOf(this.#calls, undefined, now);
    }
    throw this.#gaveUp();
  }

  /** By all of the tags, or exactly these: in the head, together with its number. */
  async #rule(tags: readonly string[], invalidation: TagInvalidation): Promise<number> {
    const { match, mode, now } = invalidation;
    for (let count = 0; count < MOST_ATTEMPTS; count++) {
      const [found] = await this.#calls.find({ _id: HEAD });
      const head = await headOf(this.#calls, found, now);
      const sequence = nextSequence(head, invalidation);
      const { kept, dropped } = withRule(head.rules, tags, match === "exact", mode, sequence, MOST_RULES);
      const rulesFloor = Math.max(head.rulesFloor, ...dropped.map(lastOf));
      const doc = await this.#calls.update(
        { _id: HEAD, sequence: head.sequence },
        { $set: { sequence, rulesAt: sequence, rulesFloor, rules: kept } },
      );
      if (doc !== null) return sequence;
    }
    throw this.#gaveUp();
  }

  /** Drops the oldest marks where there are too many: first the floor is raised, later they go. */
  async #dropMarks(now: number): Promise<void> {
    const [found] = await this.#calls.find({ _id: HEAD }, { projection: SEQUENCE_ONLY });
    const { floor, floorAt } = await headOf(this.#calls, found, now);
    if (now - floorAt < DROP_AFTER) return;
    await this.#calls.deleteMany({ $and: [MARKS, { last: { $lte: floor } }] });
    const marks = await this.#calls.find(MARKS, { projection: { last: 1 } });
    if (marks.length <= MOST_MARKS) return;
    const lasts = marks.map(({ last }) => last as number).sort((left, right) => left - right);
    const raised = lasts[marks.length - MOST_MARKS - 1]!;
    await this.#calls.update({ _id: HEAD }, { $max: { floor: raised, floorAt: now } });
  }

  #gaveUp(): TierError {
    return new TierError(
      this.#calls.name,
      `Gave up an invalidation in ${this.#calls.name} as others came between ${MOST_ATTEMPTS} times`,
    );
  }
}
