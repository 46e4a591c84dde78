/**
 * Tags: what was invalidated, and what that makes of entries.
 *
 * An invalidation raises numbers: its cost does not depend on how many entries it hits, and readers compare. Marks and rules
 * are read after the entry that they are for, and only rise, so whatever a reader misses came after.
 *
 * @module
 */
import { CorruptError } from "../../src/errors.ts";
import type { TagInvalidation } from "../../src/tier.ts";
import {
  firstHead,
  type Head,
  isHead,
  lastOf,
  type Mark,
  nextSequence,
  type Rule,
  raised,
  ruleId,
  type Tagged,
  type Verdict,
  verdictOf,
  withRule,
} from "../marks.ts";
import { type KvKey, MOST_KEY_BYTES, MOST_LISTED, MOST_READS } from "./kv.ts";
import { bytesOf } from "./layout.ts";
import { chunks, commit, insist, type Session, tell } from "./session.ts";

/** All rules at a moment. */
interface Rules {
  /** `rulesAt` and `rulesFloor` of the head. */
  readonly at: number;
  readonly floor: number;
  readonly list: readonly Rule[];
}

const NO_RULES: Rules = { at: 0, floor: 0, list: [] };

/** Says what became of an entry. */
export type Judge = (entry: Tagged) => Verdict;

/** One state of the store. */
interface Reading {
  readonly head: Head;
  /** Of the head. */
  readonly versionstamp: string;
  readonly marks: ReadonlyMap<string, Mark>;
}

/** Most rules kept. What is older than one that was dropped, and tagged, counts as invalidated. */
const MOST_RULES = 500;

/** Most marks kept, how many are dropped in one go, and how seldom it is looked for that. */
const MOST_MARKS = 10_000;
const DROPPED = 400;
const LOOK_EVERY = 500;

/** The head of a read; makes one in a store that is empty. */
export async function readHead(session: Session, now: number): Promise<Head> {
  const { kv, layout } = session;
  for (;;) {
    const [found] = await kv.getMany([layout.head]);
    if (found!.versionstamp !== null) return headOf(found!.value);
    await commit(kv, (atomic) =>
      atomic.check({ key: layout.head, versionstamp: null }).set(layout.head, firstHead(now)),
    );
  }
}

/** @throws {CorruptError} when it was changed by others */
export function headOf(value: unknown): Head {
  if (isHead(value)) return value;
  throw new CorruptError("Cannot read invalidation sequence as the head of the store must have integers");
}

/** What was invalidated, as far as it was read. */
export class Invalidations {
  readonly #session: Session;
  readonly #random: () => number;
  #rules: Rules = NO_RULES;

  constructor(session: Session, random: () => number) {
    this.#session = session;
    this.#random = random;
  }

  /** Reads what there is to know of entries that were read before. */
  async judge(entries: Iterable<Tagged>, now: number): Promise<Judge> {
    const tagged = [...entries].filter(({ tags }) => tags.length > 0);
    if (tagged.length === 0) return () => "valid";
    const { head, marks } = await this.#read(
      tagged.flatMap((entry) => entry.tags),
      now,
    );
    const isOlder = tagged.some(({ sequence }) => sequence < head.rulesAt);
    const { floor, list } = isOlder ? await this.#rulesOf(head, now) : NO_RULES;
    // A rule that was dropped since the head was read.
    const rulesFloor = Math.max(head.rulesFloor, floor);
    return (entry) => verdictOf(entry, { ...head, rulesFloor }, marks, list);
  }

  /** The head and the marks of tags, in one state of the store. */
  async #read(tags: readonly string[], now: number): Promise<Reading> {
    const { kv, layout, name } = this.#session;
    const names = [...new Set(tags)];
    let reading: Reading | undefined;
    await insist(name, [names], async () => {
      const found = await Promise.all(
        // At least the head.
        (names.length === 0 ? [[]] : chunks(names, MOST_READS - 1)).map((some) =>
          kv.getMany([layout.head, ...some.map((tag) => layout.mark(tag))]),
        ),
      );
      const [first] = found[0]!;
      // All who change marks change the head as well.
      if (found.some(([head]) => head!.versionstamp !== first!.versionstamp)) return [names];
      if (first!.versionstamp === null) {
        await readHead(this.#session, now);
        return [names];
      }
      const values = found.flatMap(([, ...some]) => some.map(({ value }) => value));
      const marks = new Map(values.flatMap((value, index) => (value === null ? [] : [[names[index]!, value as Mark]])));
      reading = { head: headOf(first!.value), versionstamp: first!.versionstamp, marks };
      return [];
    });
    return reading!;
  }

  /** The rules, which are read again only when there is another. */
  async #rulesOf(head: Head, now: number): Promise<Rules> {
    for (let { rulesAt } = head; this.#rules.at !== rulesAt; ) {
      const { kv, layout } = this.#session;
      const list: Rule[] = [];
      for await (const { value } of kv.list(layout.rules, { batchSize: MOST_LISTED })) list.push(value as Rule);
      const after = await readHead(this.#session, now);
      // One that was dropped meanwhile is not in the list.
      if (after.rulesAt === rulesAt) this.#rules = { at: rulesAt, floor: after.rulesFloor, list };
      rulesAt = after.rulesAt;
    }
    return this.#rules;
  }

  /** Invalidates by tags; answers with the new sequence. */
  async invalidate(invalidation: TagInvalidation): Promise<number> {
    const { match } = invalidation;
    const tags = [...new Set(invalidation.tags)].sort();
    const isAny = match === "any" || tags.length === 0 || (match === "all" && tags.length === 1);
    let sequence = 0;
    // As many as one atomic operation takes.
    for (const some of isAny ? this.#parts(tags) : [tags]) {
      await insist(this.#session.name, [some], async () => {
        const bumped = isAny ? await this.#mark(some, invalidation) : await this.#rule(some, invalidation);
        sequence = bumped ?? sequence;
        return bumped === undefined ? [some] : [];
      });
    }
    if (this.#random() < 1 / LOOK_EVERY) await this.#dropMarks();
    return sequence;
  }

  #parts(tags: readonly string[]): string[][] {
    const parts: string[][] = [[]];
    let left = MOST_KEY_BYTES;
    for (const tag of tags) {
      // The mark, and twice in the journal, where a character may take two bytes.
      const bytes = bytesOf(this.#session.layout.mark(tag)) + 8 + 2 * tag.length;
      if (left < bytes && parts.at(-1)!.length > 0) {
        parts.push([]);
        left = MOST_KEY_BYTES;
      }
      parts.at(-1)!.push(tag);
      left -= bytes;
    }
    return parts;
  }

  /** By any of the tags. `undefined` where another invalidation came between. */
  async #mark(tags: readonly string[], invalidation: TagInvalidation): Promise<number | undefined> {
    const { kv, layout } = this.#session;
    const { head, versionstamp, marks } = await this.#read(tags, invalidation.now);
    const sequence = nextSequence(head, invalidation);
    const { match, mode } = invalidation;
    const isDone = await commit(kv, (atomic) => {
      atomic.check({ key: layout.head, versionstamp }).set(layout.head, { ...head, sequence });
      for (const tag of tags) {
        // It may have had a mark that was dropped.
        const known = marks.get(tag) ?? { deleted: head.floor, expired: 0 };
        atomic.set(layout.mark(tag), raised(known, mode, sequence));
      }
      tell(atomic, this.#session, { by: "tags", tags, match, mode, sequence });
    });
    return isDone ? sequence : undefined;
  }

  /** By all of the tags, or exactly these. `undefined` where another invalidation came between. */
  async #rule(tags: readonly string[], invalidation: TagInvalidation): Promise<number | undefined> {
    const { kv, layout } = this.#session;
    const { match, mode, now } = invalidation;
    const { head, versionstamp } = await this.#read([], now);
    const sequence = nextSequence(head, invalidation);
    const { list } = await this.#rulesOf(head, now);
    const { rule, dropped } = withRule(list, tags, match === "exact", mode, sequence, MOST_RULES);
    const rulesFloor = Math.max(head.rulesFloor, ...dropped.map(lastOf));
    const isDone = await commit(kv, (atomic) => {
      atomic.check({ key: layout.head, versionstamp });
      atomic
        .set(layout.head, { ...head, sequence, rulesAt: sequence, rulesFloor })
        .set(layout.rule(ruleId(rule)), rule);
      for (const old of dropped) atomic.delete(layout.rule(ruleId(old)));
      tell(atomic, this.#session, { by: "tags", tags, match, mode, sequence });
    });
    return isDone ? sequence : undefined;
  }

  /** Drops the oldest marks where there are too many. It makes misses of older entries whose tags have none. */
  async #dropMarks(): Promise<void> {
    const { kv, layout } = this.#session;
    const [found] = await kv.getMany([layout.head]);
    const marks: { readonly key: KvKey; readonly last: number }[] = [];
    for await (const { key, value } of kv.list(layout.marks, { batchSize: MOST_LISTED }))
      marks.push({ key, last: lastOf(value as Mark) });
    if (marks.length <= MOST_MARKS || found!.versionstamp === null) return;
    const surplus = marks
      .sort((left, right) => left.last - right.last)
      .slice(0, Math.min(DROPPED, marks.length - MOST_MARKS));
    const head = headOf(found!.value);
    // Where another came between, that will be for the next time.
    await commit(kv, (atomic) => {
      atomic.check({ key: layout.head, versionstamp: found!.versionstamp });
      atomic.set(layout.head, { ...head, floor: Math.max(head.floor, surplus.at(-1)!.last) });
      for (const { key } of surplus) atomic.delete(key);
    });
  }
}
