/**
 * What a tier has missed while it failed: it is told before it serves again, or in the background, as other processes read it too.
 *
 * @module
 */
import { hasTimers } from "../clock.ts";
import type { Engine } from "../engine.ts";
import { TierError, TierTimeoutError } from "../errors.ts";
import { alive, joined } from "../joined.ts";
import { isPromise, repeat, settle, then } from "../maybe.ts";
import type { MaybePromise, Tier } from "../tier.ts";
import { within } from "../timeout.ts";
import { type Bump, Due, faceOf } from "./due.ts";
import type { Guard } from "./guard.ts";
import { isPartial, undone } from "./partial-faults.ts";

/** Most keys in one step of a replay: a slow tier must get through with each in its time budget. */
const STEP = 100;

/** Pause in milliseconds between attempts to tell a tier. Reads leave it alone for as long. */
const REPLAY_PAUSE = 5_000;

/** So many steps in a row may fail before the last replay is given up: enough to find one key among {@linkcode STEP}. */
const LAST_FAILURES = 10;

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
  #due: Due;
  #replaying: Replay | undefined;
  #replayFault: { readonly error: TierError; readonly until: number } | undefined;
  /** Keys of the next step: fewer after one that failed, as a single key may be what the tier does not take. */
  #step = STEP;
  #timer: unknown;
  #isClosing = false;
  #isClosed = false;

  /** @param prefix of all keys that are ours */
  constructor(tier: Tier, guard: Guard, prefix: string, engine: Engine) {
    this.#engine = engine;
    this.#tier = tier;
    this.#guard = guard;
    this.#prefix = prefix;
    this.#due = new Due(tier.release !== undefined);
  }

  get isAny(): boolean {
    return this.#replaying !== undefined || this.#due.isAny;
  }

  /** Any entry may be concerned: only the tier could tell which have all of some tags, or exactly those. */
  get isUnbounded(): boolean {
    return this.#due.isUnbounded || this.#replaying?.due.isUnbounded === true;
  }

  /** How many changes the tier has not been told of. */
  get size(): number {
    return this.#due.size + (this.#replaying?.due.size ?? 0);
  }

  has(key: string): boolean {
    return this.#due.has(key) || this.#replaying?.due.has(key) === true;
  }

  /** Those of some keys that were missed; `undefined` where others may be concerned as well. */
  among(keys: readonly string[]): readonly string[] | undefined {
    const isKnown = this.#due.isKeysAlone && this.#replaying?.due.isKeysAlone !== false;
    return isKnown ? keys.filter((key) => this.has(key)) : undefined;
  }

  /** The tier may hold an older entry under these keys. */
  add(keys: readonly string[]): void {
    this.#due.add(keys);
    this.#plan();
    // The fast path asks the tier past us.
    if (this.#tier.fresh) settle(() => faceOf(this.#tier, this.#engine).deleteMany(keys, 0)).catch(() => {});
  }

  /** The same, of a write that came late: the tier answers, so it is told at once. */
  arrived(keys: readonly string[]): void {
    this.add(keys);
    this.tell(this.#engine.now());
  }

  /** The tier may hold an older entry under any key. */
  addAll(): void {
    this.#due.addAll();
    this.#plan();
  }

  /** Leases on these keys may be ours without our knowing: nobody should have to wait for their end, which comes by itself. */
  addLeases(keys: readonly string[]): void {
    this.#due.addLeases(keys);
  }

  addBump(bump: Bump): void {
    this.#due.addBump(bump);
    this.#plan();
  }

  /** The tier was cleared of our keys. */
  cleared(): void {
    this.#due.cleared();
  }

  /**
   * Runs an operation once the tier has been told what it missed while it failed. Where that is keys alone, and the tier does not take one
   * of them, it is enough that it was told of those that the operation is about.
   */
  ready<T>(
    now: number,
    operation: string,
    call: () => MaybePromise<T>,
    keys?: readonly string[],
    arrived?: () => void,
  ): MaybePromise<T | TierError> {
    if (!this.isAny) return this.#guard.run(operation, call, arrived);
    const some = keys && this.among(keys);
    if (some?.length === 0) {
      this.tell(now);
      return this.#guard.run(operation, call, arrived);
    }
    const isTried = this.#hasFailed(now);
    return then(this.replay(now, true, isTried ? some : undefined), (fault) =>
      !fault || (some && !isTried && this.#hasFailed(now))
        ? this.ready(now, operation, call, keys, arrived)
        : this.#untold(fault),
    );
  }

  /** The fault of an operation that was not tried: that of a part of the store says nothing of its keys. */
  #untold(fault: TierError): TierError {
    if (!isPartial(fault.cause)) return fault;
    const { name } = this.#tier;
    return new TierError(name, `Skipped tier ${name} as it could not be told what it missed`, { cause: fault });
  }

  #hasFailed(now: number): boolean {
    return this.#replayFault !== undefined && now < this.#replayFault.until;
  }

  /** Tells the tier, unless that failed a moment ago, and nobody waits for it. */
  tell(now: number): void {
    if (this.#due.isAny && !this.#replaying && !this.#isClosing) this.replay(now, false);
  }

  /**
   * Tells the tier. One replay at a time: whoever comes while it runs waits for the same.
   *
   * @param must `false`: one that failed a moment ago is not tried again
   * @param keys tells it of these alone
   */
  replay(now: number, must: boolean, keys?: readonly string[]): MaybePromise<TierError | undefined> {
    if (!must && !this.#replaying && this.#hasFailed(now)) return this.#replayFault!.error;
    if (this.#replaying && !this.#engine.isSync) return this.#inTime(this.#join(now, must, this.#replaying, keys));
    // Of what another replay has taken over nothing is known yet.
    if (this.#replaying) return this.busy();
    const due = keys ? this.#due.take(keys) : this.#due;
    // What is missed from now on is for the next replay.
    if (!keys) this.#due = new Due(this.#tier.release !== undefined);
    const told = then(this.#tell(due), (error) => {
      this.#replaying = undefined;
      // That of a few keys, which a write waits for, says nothing of the rest.
      if (!error || !(must && keys)) this.#replayFault = error && { error, until: now + REPLAY_PAUSE };
      due.append(this.#due);
      this.#due = due;
      if (this.size > 0) this.#plan();
      else this.#rest();
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

  /** Before the tier is closed: tells it, whatever failed a moment ago. */
  close(): MaybePromise<TierError | undefined> {
    this.#isClosing = true;
    this.#rest();
    if (!this.isAny) return undefined;
    return then(this.replay(this.#engine.now(), true), (fault) => {
      this.#isClosed = fault !== undefined;
      return fault ?? this.close();
    });
  }

  /** Tries it again after a pause, where there are timers: it may be long until the tier is next asked for something here. */
  #plan(): void {
    if (this.#timer !== undefined || this.#isClosing || !hasTimers()) return;
    const replay = (): void => {
      this.#timer = undefined;
      if (this.size > 0) this.replay(this.#engine.now(), true);
    };
    this.#timer = this.#engine.options.clock.setTimer(replay, REPLAY_PAUSE, true);
  }

  #rest(): void {
    this.#engine.options.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** A replay may take several times the budget of the tier. Nobody waits for longer than one, and it goes on. */
  #inTime(told: Promise<TierError | undefined>): Promise<TierError | undefined> {
    return within(told, this.#guard.budget, this.#engine.options.clock, () => this.busy());
  }

  /** Ends with the replay that runs, or with another when that was part of a request that has ended. */
  async #join(now: number, must: boolean, running: Replay, keys?: readonly string[]): Promise<TierError | undefined> {
    if (await joined(running.told)) return running.told;
    if (this.#replaying === running) {
      this.#replaying = undefined;
      running.due.append(this.#due);
      this.#due = running.due;
    }
    return this.replay(now, must, keys);
  }

  /** Step by step, each in the time budget of the tier, so that one that is slow gets through as well. */
  #tell(due: Due): MaybePromise<TierError | undefined> {
    let fault: TierError | undefined;
    let failures = 0;
    const all = repeat(() => {
      const most = Math.min(this.#step, this.#tier.capabilities.maxBatch ?? STEP);
      const step = due.next(faceOf(this.#tier, this.#engine), this.#prefix, this.#engine.now(), most);
      if (!step || this.#isClosed) return false;
      if (this.#isClosing) this.#guard.retry();
      return then(this.#guard.run("replay", step.run), (answer) => {
        if (!(answer instanceof TierError)) {
          step.done();
          failures = 0;
          this.#step = Math.min(STEP, 2 * this.#step);
          return true;
        }
        fault = answer;
        if (!step.keys || (this.#isClosing && answer.cause instanceof TierTimeoutError)) return false;
        const keys = undone(answer.cause, step.keys);
        const rest = due.take(keys);
        const isPart = keys.length < step.keys.length;
        if (isPart) step.done();
        // They come last; one alone is left to another replay.
        (isPart || keys.length === 1 ? this.#due : due).append(rest);
        if (isPart) return true;
        this.#step = Math.max(1, keys.length >> 1);
        return this.#isClosing && ++failures < LAST_FAILURES;
      });
    });
    return then(all, () => fault);
  }
}
