/**
 * The journal: what each opener changed, in the order of the commits, for caches above that follow. The store removes changes
 * after a while by itself, so nobody need come and tidy up.
 *
 * @module
 */
import type { Change, JournalPage } from "../../src/tier.ts";
import { headOf, readHead } from "./invalidations.ts";
import { positionOf } from "./layout.ts";
import { JOURNAL_MS, type Session } from "./session.ts";

/** Most changes in one look. Who would have to read more is told that anything may have changed. */
const MOST_CHANGES = 990;

/** How long a position is good for after it was given: well before changes that came after it may be removed. */
const GOOD_MS = JOURNAL_MS / 2;

/** How often it is noted which position was given, in milliseconds. */
const NOTE_EVERY = 1_000;

/** The journal, as one opener reads it. */
export class Journal {
  readonly #session: Session;
  /** Positions and when they were given, rising. */
  #given: { readonly position: number; readonly at: number }[] = [];
  #highest = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** What others changed after position `since`. */
  async look(since: number | undefined, now: number): Promise<JournalPage> {
    const isKnown = since !== undefined && this.#isGood(since, now);
    const { kv, layout, origin } = this.#session;
    // The head comes after all changes: of a list that is made of several readings, it is in the last.
    const list = isKnown
      ? kv.list(layout.journal(since), { limit: MOST_CHANGES, batchSize: MOST_CHANGES })
      : kv.list(layout.journal(), { limit: 2, reverse: true });
    const found = [];
    for await (const one of list) found.push(one);
    const head = found.find(({ key }) => key.at(-1) === true);
    const records = found.filter((one) => one !== head);
    // Without the head there were more than a look takes.
    const { sequence } = head === undefined ? await readHead(this.#session, now) : headOf(head.value);
    const latest = head === undefined ? await this.#latest() : records.map(({ key }) => positionOf(key));
    const position = Math.max(this.#highest, ...latest);
    this.#note(position, now);
    if (since === undefined) return { position, sequence, changes: [] };
    const values = records.map(({ value }) => value);
    return { position, sequence, changes: isKnown && head !== undefined ? othersOf(values, origin) : undefined };
  }

  async #latest(): Promise<number[]> {
    const { kv, layout } = this.#session;
    const latest: number[] = [];
    for await (const { key } of kv.list(layout.journal(), { limit: 2, reverse: true }))
      if (key.at(-1) !== true) latest.push(positionOf(key));
    return latest;
  }

  /** Whether nothing that came after the position can have been removed. */
  #isGood(position: number, now: number): boolean {
    const oldest = this.#given.find(({ at }) => at > now - GOOD_MS);
    return oldest !== undefined && position >= oldest.position && position <= this.#highest;
  }

  #note(position: number, now: number): void {
    this.#highest = position;
    const latest = this.#given.at(-1);
    if (latest === undefined || latest.at <= now - NOTE_EVERY) this.#given.push({ position, at: now });
    if (this.#given[0]!.at <= now - GOOD_MS) this.#given = this.#given.filter(({ at }) => at > now - GOOD_MS);
  }
}

/** `undefined` when one of them tells nothing that can be understood. */
function othersOf(values: readonly unknown[], origin: number): Change[] | undefined {
  const changes: Change[] = [];
  for (const value of values) {
    const { origin: by, change } = Object(value) as { origin: unknown; change: unknown };
    if (by === origin) continue;
    if (!isChange(change)) return undefined;
    changes.push(change);
  }
  return changes;
}

function isChange(change: unknown): change is Change {
  const { by, keys, prefix, tags, sequence } = Object(change) as Record<string, unknown>;
  const isTexts = (list: unknown): boolean => Array.isArray(list) && list.every((text) => typeof text === "string");
  if (by === "keys") return isTexts(keys);
  if (by === "prefix") return typeof prefix === "string";
  return by === "tags" && isTexts(tags) && Number.isSafeInteger(sequence);
}
