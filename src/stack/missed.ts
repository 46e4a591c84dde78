/**
 * What a tier has missed while it failed: changes that it could not be told of, and is told before it serves again.
 *
 * @module
 */
import { TierError } from "../errors.ts";
import { settle, then } from "../maybe.ts";
import type { InvalidationMode, MaybePromise, TagMatch, Tier } from "../tier.ts";
import { split } from "./batches.ts";
import type { Guard } from "./guard.ts";

/** Most keys remembered as missed; beyond it the tier is cleared of our keys before it serves again. */
const MAX_MISSED = 10_000;

/** How long reads leave a tier alone that could not be told what it missed, in milliseconds. */
const REPLAY_PAUSE = 5_000;

/** An invalidation by tag, with the sequence that it must be above. */
interface Bump {
  readonly tags: readonly string[];
  readonly match: TagMatch;
  readonly mode: InvalidationMode;
  readonly after: number;
}

/** The changes that one tier has missed. Keys and tags are whole, as the tier knows them. */
export class Missed {
  readonly #tier: Tier;
  readonly #guard: Guard;
  readonly #prefix: string;
  readonly #keys = new Set<string>();
  #everything = false;
  #bumps: Bump[] = [];
  #replaying: Promise<TierError | undefined> | undefined;
  #replayFault: { readonly error: TierError; readonly until: number } | undefined;

  /** @param prefix of all keys that are ours */
  constructor(tier: Tier, guard: Guard, prefix: string) {
    this.#tier = tier;
    this.#guard = guard;
    this.#prefix = prefix;
  }

  get isAny(): boolean {
    return this.#replaying !== undefined || this.#everything || this.#keys.size > 0 || this.#bumps.length > 0;
  }

  /** Any entry may be concerned: only the tier could tell which have all of some tags, or exactly those. */
  get isUnbounded(): boolean {
    return this.#everything || this.#bumps.some(({ match }) => match !== "any");
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** The tier may hold an older entry under these keys. */
  add(keys: readonly string[]): void {
    if (this.#keys.size + keys.length > MAX_MISSED) this.#everything = true;
    else for (const key of keys) this.#keys.add(key);
    // The fast path asks the tier past us.
    if (this.#tier.fresh) settle(() => this.#tier.deleteMany(keys, 0)).catch(() => {});
  }

  /** The tier may hold an older entry under any key. */
  addAll(): void {
    this.#everything = true;
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
    this.#replaying ??= this.#replay(now).then((error) => {
      this.#replaying = undefined;
      this.#replayFault = error && { error, until: now + REPLAY_PAUSE };
      return error;
    });
    return this.#replaying;
  }

  async #replay(now: number): Promise<TierError | undefined> {
    const everything = this.#everything;
    const keys = [...this.#keys];
    const bumps = this.#bumps;
    // What is missed from now on is for the next replay.
    this.cleared();
    this.#bumps = [];
    const { maxBatch = Infinity } = this.#tier.capabilities;
    const answer = await this.#guard.run("replay", async () => {
      if (everything) await this.#tier.clear(this.#prefix, now);
      else for (const some of split(keys, maxBatch)) await this.#tier.deleteMany(some, now);
      for (const bump of bumps) await this.#tier.invalidate!({ ...bump, now });
    });
    if (!(answer instanceof TierError)) return undefined;
    this.#everything ||= everything;
    this.add(keys);
    this.#bumps.unshift(...bumps);
    return answer;
  }
}
