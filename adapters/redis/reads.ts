/**
 * Reading a batch.
 *
 * @module
 */
import type { Entry } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import type { ReadOptions, ReadResult } from "../../src/tier.ts";
import { randomInteger } from "../sql/random-integer.ts";
import { sha1 } from "./evaluate.ts";
import { isStorable } from "./keys.ts";
import { bytesOf, partsOf, type Reply, textOf } from "./link.ts";
import { decodeRecord } from "./record.ts";
import type { Session } from "./session.ts";

/**
 * How long, in milliseconds, the index may go without being looked after by a reader: Redis tells idle keys by seconds.
 */
const INDEX_PAUSE = 1_000;

/**
 * Reads that go by the script after one that found tags, as only the script can judge them: reads of one key that has tags
 * take a second round trip once in so many times, those of many keys hardly ever, others never.
 */
const TAGGED = 32;

/** The third byte of a record with tags. */
const HAS_TAGS = 0x31;

/** What is to be removed: what is no record of this epoch, or the very record. */
interface Dead {
  readonly key: string;
  readonly record: Uint8Array | undefined;
}

/** Reads batches of one opener. */
export class Reader {
  readonly #session: Session;
  #lookedAt = -Infinity;
  /** So many reads of one key, and of many, are still to go by the script: the first batch is, as it may have tags. */
  readonly #byScript = { one: 0, many: 1 };

  constructor(session: Session) {
    this.#session = session;
  }

  read(keys: readonly string[], options: ReadOptions): Promise<ReadResult<Uint8Array>> {
    const { now, metaOnly = false, lease = 0 } = options;
    const asksIndex = !(Math.abs(now - this.#lookedAt) < INDEX_PAUSE);
    const peeked =
      lease > 0 || metaOnly || asksIndex || keys.length === 0 || !keys.every(isStorable)
        ? undefined
        : this.#peek(keys, options);
    const ask = () => this.#ask(keys, options, asksIndex);
    return peeked === undefined ? ask() : peeked.then((result) => result ?? ask());
  }

  async #ask(keys: readonly string[], options: ReadOptions, asksIndex: boolean): Promise<ReadResult<Uint8Array>> {
    const { now, metaOnly = false, sequence: isAsked = false, lease = 0, refresh = false } = options;
    const storable = keys.every(isStorable) ? keys : keys.filter(isStorable);
    const token = lease > 0 ? randomInteger() : 0;
    const flags = [refresh, asksIndex, this.#session.link.isText].map((flag) => (flag ? "1" : "0"));
    const args = [metaOnly ? "m" : "v", String(lease), String(token), ...flags];
    const { sequence, epoch, parts } = await this.#session.ask("get", now, storable, args);
    if (asksIndex) this.#lookedAt = now;
    const [states, given, fault, records] = parts;
    // One that cannot be written is still read.
    if (fault !== null && fault !== undefined)
      this.#session.context.report("fault", new Error(`Cannot take leases in Redis: ${textOf(fault).slice(0, 80)}`));
    const found = this.#entries(storable, textOf(states), partsOf(records), epoch, options);
    if (keys.length > 1) {
      const hasTags = found.some((entry) => entry !== undefined && entry.tags.length > 0);
      this.#byScript.many = hasTags ? TAGGED : Math.max(0, this.#byScript.many - 1);
    }
    const marks = given === null || given === undefined ? undefined : textOf(given);
    const leases =
      marks === undefined ? undefined : storable.map((_, index) => (marks[index] === "1" ? token : undefined));
    const spread = <T>(some: readonly (T | undefined)[]): readonly (T | undefined)[] => {
      if (some.length === keys.length) return some;
      let next = 0;
      return keys.map((key) => (isStorable(key) ? some[next++] : undefined));
    };
    return {
      entries: spread(found),
      ...(isAsked && { sequence }),
      ...(leases !== undefined && { leases: spread(leases) }),
    };
  }

  /** Some keys without the script; `undefined` when only that can tell. */
  #peek(keys: readonly string[], options: ReadOptions): Promise<ReadResult<Uint8Array> | undefined> | undefined {
    const count = keys.length === 1 ? "one" : "many";
    if (this.#byScript[count] > 0) {
      if (count === "one") this.#byScript.one--;
      return undefined;
    }
    return this.#session.peek(keys)?.then((seen) => {
      if (seen === undefined) return undefined;
      const { answer, records } = seen;
      if (records.some((record) => bytesOf(record)?.[2] === HAS_TAGS)) {
        this.#byScript[count] = TAGGED;
        return undefined;
      }
      const entries = this.#entries(keys, "", records, answer.epoch, options);
      return options.sequence ? { entries, sequence: answer.sequence } : { entries };
    });
  }

  #entries(
    keys: readonly string[],
    states: string,
    records: readonly Reply[],
    epoch: string,
    { now, metaOnly = false }: ReadOptions,
  ): (Entry<Uint8Array> | undefined)[] {
    const dead: Dead[] = [];
    let next = 0;
    const entries = keys.map((key, index) => {
      const state = states === "" ? "1" : states[index]!;
      if (state === "w") this.#odd(key);
      if (metaOnly && state !== "1" && state !== "2") return undefined;
      const record = bytesOf(records[metaOnly ? next++ : index]);
      const size = metaOnly ? Number(records[next++]) : undefined;
      if (record === undefined) return undefined;
      const isExpired = state === "2" || state === "b";
      const isEscaped = state === "a" || state === "b";
      try {
        const entry = decodeRecord(record, { epoch, isExpired, isEscaped, size });
        if (entry === undefined) dead.push({ key, record: undefined });
        return entry && entry.staleUntil > now ? entry : undefined;
      } catch (error) {
        const fault = error instanceof CorruptError ? error : new CorruptError("Cannot read record", { cause: error });
        this.#session.context.report("corrupt", fault, key);
        // A part of it does not tell the whole.
        dead.push({ key, record: isEscaped || metaOnly ? undefined : record });
        return undefined;
      }
    });
    // Nobody waits for it: what was read is the answer whether it is removed or not.
    if (dead.length > 0) this.#session.background(this.#drop(dead, now));
    return entries;
  }

  async #drop(dead: readonly Dead[], now: number): Promise<void> {
    const digests = await Promise.all(dead.map(({ record }) => (record === undefined ? "" : sha1(record))));
    const keys = dead.map(({ key }) => key);
    await this.#session.ask("drop", now, keys, digests);
  }

  #odd(key: string): void {
    const error = new CorruptError("Cannot read entry as it must be a record of Tiercel in Redis");
    this.#session.context.report("corrupt", error, key);
  }
}
