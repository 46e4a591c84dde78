/**
 * Reading from a database elsewhere: one round trip, with leases or without. Only damage takes more.
 *
 * @module
 */
import { CorruptError } from "../../src/errors.ts";
import type { ReadOptions, ReadResult } from "../../src/tier.ts";
import type { Plan, Row, Step } from "./driver.ts";
import { entriesOf, type Found, readStep } from "./entry-reader.ts";
import { type LeaseOptions, wanting } from "./lease-reader.ts";
import { heldStep, releasePlan, takePlan } from "./leases.ts";
import { isStorable } from "./liveness.ts";
import { randomInteger } from "./random-integer.ts";
import { SEQUENCE, sequenceOf } from "./reads.ts";
import type { RemoteConnection } from "./remote-connection.ts";
import { isDamage, isRefused, isTooLarge } from "./remote-faults.ts";
import { dropCorruptPlan } from "./writes.ts";

/** What a {@linkcode RemoteReader} works with. */
export interface Reading {
  readonly connection: RemoteConnection;
  /** Only reads: no leases, and rows that nobody can read are left where they are. */
  readonly readOnly: boolean;
  readonly report: (kind: "corrupt" | "fault", error: unknown, key?: string) => void;
}

type Result = ReadResult<Uint8Array>;

/** Rows that could not be read: by key, whether the row itself is at fault or the file around it. */
type Corrupt = Map<string, boolean>;

/** Reads entries by key. */
export class RemoteReader {
  readonly #connection: RemoteConnection;
  readonly #readOnly: boolean;
  readonly #report: Reading["report"];

  constructor({ connection, readOnly, report }: Reading) {
    this.#connection = connection;
    this.#readOnly = readOnly;
    this.#report = report;
  }

  /** Answers a read; see the Tier contract. */
  async read(keys: readonly string[], options: ReadOptions): Promise<Result> {
    const { lease = 0 } = options;
    if (!(lease > 0) || this.#readOnly) return this.#whole(keys, options, () => this.#plain(keys, options));
    return this.#whole(keys, options, () => this.#leased(keys, { ...options, lease }));
  }

  async #leased(keys: readonly string[], options: LeaseOptions): Promise<Result> {
    if (!keys.some(isStorable)) return { ...(await this.#plain(keys, options)), leases: keys.map(() => undefined) };
    try {
      const { isNear } = await this.#connection.ready();
      return await (isNear ? this.#takeIfFree(keys, options) : this.#take(keys, options));
    } catch (error) {
      if (!isRefused(error)) throw error;
      // A database that cannot be written is still read.
      this.#report("fault", error);
      return this.#plain(keys, options);
    }
  }

  /** A batch that is damaged somewhere, or too large for one answer, is read by halves. */
  async #whole(keys: readonly string[], options: ReadOptions, read: () => Promise<Result>): Promise<Result> {
    try {
      return await read();
    } catch (error) {
      const isDamaged = isDamage(error);
      if (keys.length === 0 || !(isDamaged || (isTooLarge(error) && keys.length > 1))) throw error;
      if (keys.length === 1) return this.#damaged(keys[0]!, options, error);
    }
    const middle = keys.length >> 1;
    // The sequence of the first: it is the older one, which is the safe one.
    const first = await this.read(keys.slice(0, middle), options);
    const rest = await this.read(keys.slice(middle), { ...options, sequence: false });
    const { sequence } = first;
    const entries = [...first.entries, ...rest.entries];
    if (first.leases === undefined && rest.leases === undefined) return { entries, sequence };
    const leases = [first, rest].flatMap((part) => part.leases ?? part.entries.map(() => undefined));
    return { entries, sequence, leases };
  }

  async #damaged(key: string, { sequence }: ReadOptions, cause: unknown): Promise<Result> {
    this.#report("corrupt", new CorruptError("Cannot read entry as its row is damaged"), key);
    await this.#drop(new Map([[key, !isDamagedFile(cause)]]));
    const entries = [undefined];
    if (sequence !== true) return { entries };
    const plan: Plan<number> = { steps: [SEQUENCE], finish: ([rows]) => sequenceOf(rows) };
    return { entries, sequence: await this.#connection.run(plan, "read") };
  }

  async #plain(keys: readonly string[], options: ReadOptions): Promise<Result> {
    const corrupt: Corrupt = new Map();
    const finish = ([rows]: readonly (readonly Row[])[]): Result => this.#answer(keys, options, rows, corrupt);
    const answer = await this.#connection.run({ steps: reading(keys, options), finish }, "read");
    await this.#drop(corrupt);
    return answer;
  }

  /**
   * Takes leases and reads in the same batch. It writes, also where nothing comes of it, and other writers wait for that:
   * 0.2 ms on a server, where a second round trip would take one or a hundred.
   */
  async #take(keys: readonly string[], options: LeaseOptions, isAgain = false): Promise<Result> {
    const { now, lease, refresh = false } = options;
    const places = firstPlaces(keys);
    const token = randomInteger();
    const wanted = { keys: [...places.keys()], token, lease, refresh, now };
    const plan = takePlan(wanted, reading(keys, options)[0]!);
    const corrupt: Corrupt = new Map();
    const leases = new Array<number | undefined>(keys.length).fill(undefined);
    const whole: Plan<Result> = {
      steps: plan.steps,
      finish: (rows) => {
        const taken = plan.finish(rows);
        for (const [key, place] of places) if (taken.keys.has(key)) leases[place] = token;
        return this.#answer(keys, options, taken.rows, corrupt);
      },
    };
    const answer = await this.#connection.run(whole, "write").catch(async (error) => {
      // The client gave up over a row after the server had done its work.
      if (isDamage(error)) await this.#release([...places.keys()], token);
      throw error;
    });
    await this.#drop(corrupt);
    // A row that nobody can read may have passed for a fresh entry.
    const missed = isAgain ? [] : [...corrupt.keys()].filter((key) => leases[places.get(key)!] === undefined);
    if (missed.length > 0) {
      const again = await this.#take(missed, { ...options, sequence: false }, true);
      for (const [index, key] of missed.entries()) leases[places.get(key)!] = again.leases![index];
    }
    return { ...answer, leases };
  }

  /** Reads, and writes only where a lease looks free: those who wait for another's load keep nobody from the lock. */
  async #takeIfFree(keys: readonly string[], options: LeaseOptions): Promise<Result> {
    const { now, lease, refresh = false } = options;
    const corrupt: Corrupt = new Map();
    let held: readonly Row[] = [];
    const look: Plan<Result> = {
      steps: [...reading(keys, options), heldStep(keys.filter(isStorable), now)],
      finish: ([rows, others = []]) => {
        held = others;
        return this.#answer(keys, options, rows, corrupt);
      },
    };
    const answer = await this.#connection.run(look, "read");
    await this.#drop(corrupt);
    const places = wanting(keys, answer.entries, options);
    for (const [key] of held) places.delete(key as string);
    const entries = [...answer.entries];
    const leases = new Array<number | undefined>(keys.length).fill(undefined);
    if (places.size === 0) return { ...answer, leases };
    const free = [...places.keys()];
    const token = randomInteger();
    const again = { ...options, sequence: false };
    const plan = takePlan({ keys: free, token, lease, refresh, now }, reading(free, again)[0]!);
    const taken = await this.#connection.run(plan, "write");
    const late: Corrupt = new Map();
    for (const [index, entry] of this.#answer(free, again, taken.rows, late).entries.entries()) {
      const place = places.get(free[index]!)!;
      entries[place] = entry;
      if (taken.keys.has(free[index])) leases[place] = token;
    }
    await this.#drop(late);
    return { ...answer, entries, leases };
  }

  /** What the row or rows of {@linkcode reading} tell. */
  #answer(keys: readonly string[], options: ReadOptions, rows: readonly Row[] = [], corrupt: Corrupt): Result {
    const isSequence = (row: Row): boolean => row.length === 1 || row.at(-1) === NOWHERE;
    const found = options.sequence === true ? rows.filter((row) => !isSequence(row)) : rows;
    const entries: Found[] = entriesOf(found, keys, options, (key, error, isRow) => {
      this.#report("corrupt", error, key);
      corrupt.set(key, isRow);
    });
    if (options.sequence !== true) return { entries };
    const last = rows.find(isSequence);
    return { entries, sequence: sequenceOf(last && [[last.length === 1 ? last[0] : last[SEQUENCE_COLUMN]]]) };
  }

  async #release(keys: readonly string[], lease: number): Promise<void> {
    await this.#connection.run(releasePlan(keys.map((key) => ({ key, lease }))), "write");
  }

  /** Removes rows that nobody can read. Waited for, as what is left to the background may end with the request. */
  async #drop(corrupt: Corrupt): Promise<void> {
    const steps: Step[] = [...corrupt].flatMap(([key, isRow]) => (isRow ? dropCorruptPlan(key).steps : []));
    if (this.#readOnly || steps.length === 0) return;
    try {
      await this.#connection.run({ steps, finish() {} }, "write");
    } catch (error) {
      this.#report("fault", error);
    }
  }
}

/** Place of the row that has the sequence, in the column where the others have the entry's. */
const NOWHERE = -1;
const SEQUENCE_COLUMN = 3;
const SEQUENCE_ROW = ` UNION ALL SELECT NULL, NULL, NULL, sequence, NULL, NULL, NULL, NULL, NULL, NULL, ${NOWHERE} FROM meta`;

/** The step of a read, with the sequence in the same statement where it is asked for. None when nothing is. */
function reading(keys: readonly string[], { sequence, metaOnly = false }: ReadOptions): Step[] {
  if (keys.length === 0) return sequence === true ? [SEQUENCE] : [];
  const { sql, args } = readStep(keys, metaOnly);
  return [{ sql: sequence === true ? sql + SEQUENCE_ROW : sql, args }];
}

/** Where each key is that may have a lease; of one that comes twice, the first place. */
function firstPlaces(keys: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [index, key] of keys.entries()) if (!places.has(key) && isStorable(key)) places.set(key, index);
  return places;
}

function isDamagedFile(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name !== "RangeError";
}
