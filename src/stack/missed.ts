/**
 * What a tier has missed while it failed: changes that it could not be told of, and is told before it serves again.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { TierError } from "../errors.ts";
import { alive, joined } from "../joined.ts";
import { isPromise, repeat, settle, then } from "../maybe.ts";
import type { InvalidationMode, MaybePromise, TagMatch, Tier, TierOperations } from "../tier.ts";
import { within } from "../timeout.ts";
import type { Guard } from "./guard.ts";

/** Most keys remembered as missed; beyond it the tier is cleared of our keys before it serves again. */
const MAX_MISSED = 10_000;

/** Most keys in one step of a replay: a slow tier must get through with each in its time budget. */
const STEP = 100;

/** How long reads leave a tier alone that could not be told what it missed, in milliseconds. */
const REPLAY_PAUSE = 5_000;

/** An invalidation by tag, with the sequence that it must be above. */
interface Bump {
  readonly tags: readonly string[];
  readonly match: TagMatch;
  readonly mode: InvalidationMode;
  readonly after: number;
}

/** What a tier is to be told. Gets less while it is told. */
interface Due {
  everything: boolean;
  readonly keys: Set<string>;
  readonly bumps: Bump[];
  readonly leases: Set<string>;
}

/** One operation that tells a tier a part of what is due. */
interface Step {
  run(): MaybePromise<unknown>;
  /** Takes the part off what is due. */
  done(): void;
}

/** A tier is being told. */
interface Replay {
  readonly due: Due;
  readonly told: Promise<TierError | undefined>;
}

/** The changes that one tier has missed. Keys and tags are whole, as the tier knows them. */
export class Missed {
  readonly #tier: Tier;
  readonly #guard: Guard;
  readonly #prefix: string;
  readonly #engine: Engine;
  readonly #keys = new Set<string>();
  /** Keys of reads that asked for leases and brought no answer: they may have been given. */
  #leases = new Set<string>();
  #everything = false;
  #bumps: Bump[] = [];
  #replaying: Replay | undefined;
  #replayFault: { readonly error: TierError; readonly until: number } | undefined;

  /** @param prefix of all keys that are ours */
  constructor(tier: Tier, guard: Guard, prefix: string, engine: Engine) {
    this.#engine = engine;
    this.#tier = tier;
    this.#guard = guard;
    this.#prefix = prefix;
  }

  get isAny(): boolean {
    return (
      this.#replaying !== undefined ||
      this.#everything ||
      this.#keys.size + this.#leases.size > 0 ||
      this.#bumps.length > 0
    );
  }

  /** Any entry may be concerned: only the tier could tell which have all of some tags, or exactly those. */
  get isUnbounded(): boolean {
    const due = this.#replaying?.due;
    const isSome = ({ match }: Bump): boolean => match !== "any";
    return (
      this.#everything || this.#bumps.some(isSome) || (due !== undefined && (due.everything || due.bumps.some(isSome)))
    );
  }

  has(key: string): boolean {
    return this.#keys.has(key) || this.#replaying?.due.keys.has(key) === true;
  }

  /** The tier may hold an older entry under these keys. */
  add(keys: readonly string[]): void {
    if (this.#keys.size + keys.length > MAX_MISSED) this.#everything = true;
    else for (const key of keys) this.#keys.add(key);
    // The fast path asks the tier past us.
    if (this.#tier.fresh) settle(() => faceOf(this.#tier, this.#engine).deleteMany(keys, 0)).catch(() => {});
  }

  /** The tier may hold an older entry under any key. */
  addAll(): void {
    this.#everything = true;
  }

  /** Leases on these keys may be ours without our knowing: nobody should have to wait for their end. */
  addLeases(keys: readonly string[]): void {
    if (this.#tier.release && this.#leases.size + keys.length <= MAX_MISSED)
      for (const key of keys) this.#leases.add(key);
  }

  addBump(bump: Bump): void {
    if (this.#bumps.length < MAX_MISSED) this.#bumps.push(bump);
    else this.#everything = true;
  }

  /** The tier was cleared of our keys. */
  cleared(): void {
    this.#everything = false;
    this.#keys.clear();
  }

  /** Runs an operation once the tier has been told what it missed while it failed. */
  ready<T>(
    now: number,
    operation: string,
    call: () => MaybePromise<T>,
    arrived?: () => void,
  ): MaybePromise<T | TierError> {
    if (!this.isAny) return this.#guard.run(operation, call, arrived);
    return then(this.replay(now, true), (fault) => fault ?? this.ready(now, operation, call, arrived));
  }

  /**
   * Tells the tier. One replay at a time: whoever comes while it runs waits for the same.
   *
   * @param must `false`: one that failed a moment ago is not tried again
   */
  replay(now: number, must: boolean): MaybePromise<TierError | undefined> {
    if (!must && !this.#replaying && this.#replayFault && now < this.#replayFault.until) return this.#replayFault.error;
    if (this.#replaying && !this.#engine.isSync) return this.#inTime(this.#join(now, must, this.#replaying));
    // Of what another replay has taken over nothing is known yet.
    if (this.#replaying) return this.busy();
    const due: Due = {
      everything: this.#everything,
      keys: new Set(this.#keys),
      leases: this.#leases,
      bumps: this.#bumps,
    };
    // What is missed from now on is for the next replay.
    this.cleared();
    this.#leases = new Set();
    this.#bumps = [];
    const told = then(this.#tell(due), (error) => {
      this.#replaying = undefined;
      this.#replayFault = error && { error, until: now + REPLAY_PAUSE };
      if (error) this.#restore(due);
      return error;
    });
    if (!isPromise(told)) return told;
    this.#replaying = { due, told: alive(told) };
    this.#engine.hold(told);
    return this.#inTime(told);
  }

  /** What there is in place of an answer while the tier is being told. */
  busy(): TierError {
    return new TierError(this.#tier.name, `Skipped tier ${this.#tier.name} as it is being told what it missed`);
  }

  /** A replay may take several times the budget of the tier. Nobody waits for longer than one, and it goes on. */
  #inTime(told: Promise<TierError | undefined>): Promise<TierError | undefined> {
    return within(told, this.#guard.budget, this.#engine.options.clock, () => this.busy());
  }

  /** Ends with the replay that runs, or with another when that was part of a request that has ended. */
  async #join(now: number, must: boolean, running: Replay): Promise<TierError | undefined> {
    if (await joined(running.told)) return running.told;
    if (this.#replaying === running) {
      this.#replaying = undefined;
      this.#restore(running.due);
    }
    return this.replay(now, must);
  }

  #restore({ everything, keys, leases, bumps }: Due): void {
    this.#everything ||= everything;
    this.add([...keys]);
    this.addLeases([...leases]);
    this.#bumps.unshift(...bumps);
  }

  /** Step by step, each in the time budget of the tier, so that one that is slow gets through as well. */
  #tell(due: Due): MaybePromise<TierError | undefined> {
    let fault: TierError | undefined;
    const all = repeat(() => {
      const step = this.#next(due);
      if (!step) return false;
      return then(this.#guard.run("replay", step.run), (answer) => {
        if (answer instanceof TierError) {
          fault = answer;
          return false;
        }
        step.done();
        return true;
      });
    });
    return then(all, () => fault);
  }

  #next(due: Due): Step | undefined {
    const now = this.#engine.now();
    const face = faceOf(this.#tier, this.#engine);
    const most = Math.min(STEP, this.#tier.capabilities.maxBatch ?? STEP);
    const { keys, leases, bumps } = due;
    if (due.everything) {
      const done = (): void => {
        due.everything = false;
        keys.clear();
      };
      return { run: () => face.clear(this.#prefix, now), done };
    }
    if (keys.size > 0) {
      const some = [...keys].slice(0, most);
      return { run: () => face.deleteMany(some, now), done: () => remove(keys, some) };
    }
    if (leases.size > 0) {
      const some = [...leases].slice(0, most);
      const run = () => face.release!(some.map((key) => ({ key })));
      return { run, done: () => remove(leases, some) };
    }
    const [bump] = bumps;
    return bump && { run: () => face.invalidate!({ ...bump, now }), done: () => void bumps.shift() };
  }
}

function remove(all: Set<string>, some: readonly string[]): void {
  for (const one of some) all.delete(one);
}

/** How a tier is asked in the call that runs. */
export function faceOf(tier: Tier, { isSync }: Engine): TierOperations<unknown, "async"> {
  return isSync ? (tier.sync as unknown as Tier) : tier;
}
