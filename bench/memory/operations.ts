/**
 * The operations on one contender: what is in it beforehand, and which keys come.
 */
import type { Contender, Entrant, Key, OperationName, Setting } from "./contender.ts";
import { type KeyMaker, keyMaker, randomNumbers, shuffled, zipf } from "./keys.ts";
import { type Loops, loopsOf } from "./loops.ts";

/** Calls in one run, whatever the operation: a mixed one counts its `get`, with the `set` that a miss brings. */
export const CALLS = 20_000;

/** Keys that the mixed operation draws from, as a multiple of the capacity. */
export const UNIVERSE = 10;

/** Exponent of the mixed operation's law. */
export const EXPONENT = 0.99;

/**
 * Requests, as a multiple of the capacity, after which a cache is as full as it gets: more different keys than it holds
 * have come then.
 */
const SETTLED = { zipf: 4, through: 1.5 };

/** Requests before the first sample, at least. */
const LEAST = 200_000;

/** One operation, open on its contender. */
export interface Operation {
  /** Brings the keys of the next run. */
  prepare(): void;
  /** {@linkcode CALLS} calls; answers with the number of misses. */
  run(): number | Promise<number>;
}

/** Opens one operation after the other. `hit` and `set` share a cache, which is full. */
export class Workbench {
  readonly #entrant: Entrant;
  readonly #setting: Setting;
  readonly #keyOf: KeyMaker;
  readonly #loops: Loops;
  /** The cache that is full, and the keys with which it was filled. */
  #full: { readonly contender: Contender; readonly keys: Key[] } | undefined;

  constructor(entrant: Entrant, setting: Setting) {
    this.#entrant = entrant;
    this.#setting = setting;
    this.#keyOf = keyMaker(entrant.stringsOnly ? "string" : setting.keys);
    this.#loops = loopsOf(entrant);
  }

  async open(name: OperationName): Promise<Operation> {
    if (name === "hit") return this.#hits();
    if (name === "set") return this.#sets();
    this.#full = undefined;
    return name === "zipf" ? this.#mixed() : this.#through();
  }

  /** A cache with the keys 0, 1, 2 … up to its bound. */
  async #fill(): Promise<{ readonly contender: Contender; readonly keys: Key[] }> {
    if (this.#full) return this.#full;
    const contender = await this.#entrant.make(this.#setting);
    const keys = Array.from({ length: this.#setting.capacity }, (_, id) => this.#keyOf(id));
    await this.#loops.set(contender, keys);
    this.#full = { contender, keys };
    return this.#full;
  }

  /** Every key that is there, in an order that is random. */
  async #hits(): Promise<Operation> {
    const { contender, keys } = await this.#fill();
    shuffled(keys, randomNumbers(1));
    let at = 0;
    const { prepare, run } = this.#operation(contender, "get", () => keys[at++ % keys.length]!);
    const none = (misses: number): number => {
      if (misses > 0) throw new Error("a key that was set is a miss");
      return misses;
    };
    return {
      prepare,
      run: () => {
        const misses = run();
        return typeof misses === "number" ? none(misses) : misses.then(none);
      },
    };
  }

  /** Keys that were never there before, each of them once. */
  async #sets(): Promise<Operation> {
    const { contender } = await this.#fill();
    let id = this.#setting.capacity;
    return this.#operation(contender, "set", () => this.#keyOf(id++));
  }

  /** Keys by Zipf's law; what is missing is set. */
  #mixed(): Promise<Operation> {
    const { capacity } = this.#setting;
    const draw = zipf(UNIVERSE * capacity, EXPONENT, randomNumbers(2));
    const keys: (Key | undefined)[] = new Array(UNIVERSE * capacity + 1);
    return this.#settled("mixed", SETTLED.zipf, () => {
      const rank = draw();
      return (keys[rank] ??= this.#keyOf(rank));
    });
  }

  /** Keys uniform over twice the capacity; what is missing is set. */
  #through(): Promise<Operation> {
    const random = randomNumbers(3);
    const keys = Array.from({ length: 2 * this.#setting.capacity }, (_, id) => this.#keyOf(id));
    return this.#settled("through", SETTLED.through, () => keys[Math.floor(random() * keys.length)]!);
  }

  async #settled(loop: "mixed" | "through", multiple: number, next: () => Key): Promise<Operation> {
    const operation = this.#operation(await this.#entrant.make(this.#setting), loop, next);
    const requests = Math.max(LEAST, multiple * this.#setting.capacity);
    for (let done = 0; done < requests; done += CALLS) {
      operation.prepare();
      await operation.run();
    }
    return operation;
  }

  #operation(contender: Contender, loop: keyof Loops, next: () => Key): Operation {
    const keys: Key[] = new Array(CALLS).fill(this.#keyOf(0));
    const run = this.#loops[loop];
    return {
      prepare() {
        for (let i = 0; i < CALLS; i++) keys[i] = next();
      },
      run: () => run(contender, keys),
    };
  }
}
