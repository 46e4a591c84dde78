/**
 * What one opener of a cache in Redis knows, and how it asks: every call names the epoch, the sequence and the position
 * that it was told of last, so that the script can tell a store that was emptied or put back from the one that was
 * known.
 *
 * @module
 */
import { CacheClosedError, CorruptError } from "../../src/errors.ts";
import type { TierContext } from "../../src/tier.ts";
import { randomInteger } from "../sql/random-integer.ts";
import type { RedisFailure } from "./failure.ts";
import { type Names, namesOf } from "./keys.ts";
import { type Argument, isText, numberOf, partsOf, type RedisLink, type Reply, textOf } from "./link.ts";

/** An answer of the script, after its head. */
export interface Answer {
  readonly epoch: string;
  /** The invalidation sequence. */
  readonly sequence: number;
  /** Where the journal stands. */
  readonly position: number;
  readonly parts: readonly Reply[];
}

/** Records that were read without the script, `null` where there is none. */
export interface Seen {
  readonly answer: Answer;
  readonly records: readonly Reply[];
}

/** An open cache in Redis. */
export class Session {
  readonly context: TierContext;
  readonly names: Names;
  readonly link: RedisLink;
  /** Tells this opener's changes in the journal from those of others. */
  readonly origin: string = randomInteger().toString(36).padStart(11, "0");
  /** Nothing is asked any more. */
  isClosed = false;
  #epoch = "";
  /** The highest that was ever given out, in whatever epoch. */
  #sequence = 0;
  #position = 0;

  constructor(context: TierContext, prefix: string, link: RedisLink) {
    this.context = context;
    this.names = namesOf(prefix, context.cacheName);
    this.link = link;
  }

  /** The last sequence that it was told of. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Runs an operation of the script on some keys. Times are milliseconds, or 0 where the operation asks for none. */
  ask(operation: string, now: number, keys: readonly string[], args: readonly Argument[]): Promise<Answer> {
    const known = [this.#epoch, String(this.#sequence), String(this.#position)];
    const answered = this.#run(keys, [operation, String(now), this.origin, ...known, ...args]);
    return answered.then((reply) => this.#read(partsOf(reply)));
  }

  /** Runs operation `put`; `undefined` before the epoch is known. */
  put(now: number, key: string, some: string, payload: Argument): Promise<Answer> | undefined {
    if (this.#epoch === "") return undefined;
    const known = `${this.#epoch} ${this.#sequence} ${this.#position}`;
    const answered = this.#run([key], [`put ${now} ${this.origin} ${known} ${some}`, payload]);
    return answered.then((reply) => this.#read(partsOf(reply)));
  }

  /**
   * The records under some keys without running the script, for which Redis does a tenth of the work. `undefined` where
   * only the script can tell: the ledger is gone, another or older than what is known, there is something that is no
   * record, or the link has no way to.
   */
  peek(keys: readonly string[]): Promise<Seen | undefined> | undefined {
    const { together } = this.link;
    if (together === undefined || this.#epoch === "" || this.isClosed) return undefined;
    const names = this.#namesOf(keys);
    const ask = ["HMGET", this.names.own[0]!, "epoch", "sequence", "position"];
    const [only, ...others] = names as [string, ...string[]];
    const answered =
      others.length === 0
        ? together([ask, ["GET", only]], only)
        : together([ask, ["MGET", ...names], ["EXISTS", ...names]], only);
    return answered.then(
      ([ledger, found, count]) => {
        const records = others.length === 0 ? [found!] : partsOf(found);
        // What is no string is nothing to MGET.
        if (count !== undefined && count !== records.filter((record) => record !== null).length) return undefined;
        const [epoch, sequence, position] = partsOf(ledger);
        const stands = numberOf(position);
        if (!isText(epoch, this.#epoch) || !(stands >= this.#position)) return undefined;
        return { answer: this.#learn(this.#epoch, numberOf(sequence), stands, []), records };
      },
      (error: RedisFailure) => {
        // Somebody has put something else in the place of the ledger or the record.
        if (error.code === "WRONGTYPE") return undefined;
        throw error;
      },
    );
  }

  /** Runs an operation that answers nothing. */
  async tell(operation: string, keys: readonly string[], args: readonly Argument[]): Promise<void> {
    await this.#run(keys, [operation, "0", this.origin, "", "0", "0", ...args]);
  }

  /** Does what nobody waits for. */
  background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (!this.isClosed) this.context.report("fault", error);
    });
  }

  #run(keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    // A connection of our own would be opened again.
    if (this.isClosed) return Promise.reject(new CacheClosedError("Cannot ask Redis as the cache is closed"));
    return this.link.run([...this.names.own, ...this.#namesOf(keys)], args);
  }

  #namesOf(keys: readonly string[]): string[] {
    return keys.map((key) => this.names.base + key);
  }

  #read([head, ...parts]: readonly Reply[]): Answer {
    const [epoch = "", sequence, position] = textOf(head).split(" ");
    return this.#learn(epoch, Number(sequence), Number(position), parts);
  }

  #learn(epoch: string, sequence: number, position: number, parts: readonly Reply[]): Answer {
    if (epoch === "" || !Number.isSafeInteger(sequence) || !Number.isSafeInteger(position))
      throw new CorruptError("Cannot read reply of Redis as it must begin with epoch, sequence and position");
    this.#epoch = epoch;
    this.#sequence = Math.max(this.#sequence, sequence);
    this.#position = Math.max(this.#position, position);
    return { epoch, sequence, position, parts };
  }
}
