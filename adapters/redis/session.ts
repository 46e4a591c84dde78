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
import { type Argument, partsOf, type RedisLink, type Reply, textOf } from "./link.ts";

/** An answer of the script, after its head. */
export interface Answer {
  readonly epoch: string;
  /** The invalidation sequence. */
  readonly sequence: number;
  /** Where the journal stands. */
  readonly position: number;
  readonly parts: readonly Reply[];
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
  async ask(operation: string, now: number, keys: readonly string[], args: readonly Argument[]): Promise<Answer> {
    const known = [this.#epoch, String(this.#sequence), String(this.#position)];
    return this.#read(partsOf(await this.#run(keys, [operation, String(now), this.origin, ...known, ...args])));
  }

  /**
   * The record under a key without running the script, for which Redis does a tenth of the work; `null` is none. `undefined`
   * where only the script can tell: the ledger is gone, another or older than what is known, or the link has no way to.
   */
  async peek(key: string): Promise<{ answer: Answer; record: Reply } | undefined> {
    const { pair } = this.link;
    if (pair === undefined || this.#epoch === "" || this.isClosed) return undefined;
    const name = this.names.base + key;
    try {
      const [ledger, record] = await pair(
        ["HMGET", this.names.own[0]!, "epoch", "sequence", "position"],
        ["GET", name],
        name,
      );
      const [epoch, sequence, position] = partsOf(ledger).map(textOf);
      if (epoch !== this.#epoch || !(Number(position) >= this.#position)) return undefined;
      return { answer: this.#read([`${epoch} ${sequence} ${position}`]), record };
    } catch (error) {
      // Somebody has put something else in the place of the ledger or the record.
      if ((error as RedisFailure).code === "WRONGTYPE") return undefined;
      throw error;
    }
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
    return this.link.run([...this.names.own, ...keys.map((key) => this.names.base + key)], args);
  }

  #read([head, ...parts]: readonly Reply[]): Answer {
    const [epoch = "", ...numbers] = textOf(head).split(" ");
    const [sequence, position] = numbers.map(Number) as [number, number];
    if (epoch === "" || !Number.isSafeInteger(sequence) || !Number.isSafeInteger(position))
      throw new CorruptError("Cannot read reply of Redis as it must begin with epoch, sequence and position");
    this.#epoch = epoch;
    this.#sequence = Math.max(this.#sequence, sequence);
    this.#position = Math.max(this.#position, position);
    return { epoch, sequence, position, parts };
  }
}
