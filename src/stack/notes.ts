/**
 * Notes in tiers that outlive this process: how far the journal of a tier below was followed when all of it had been done to them. So the
 * next process goes on from there.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { type Entry, NO_TAGS } from "../entry.ts";
import { TierError } from "../errors.ts";
import { then } from "../maybe.ts";
import type { MaybePromise, Tier } from "../tier.ts";
import { faceOf } from "./due.ts";
import type { Guard } from "./guard.ts";
import type { Missed } from "./missed.ts";
import type { Prefix } from "./prefix.ts";

/** What is noted. */
export interface Note {
  /** In the journal. */
  readonly position: number;
  /** The invalidation sequence there. */
  readonly sequence: number;
}

/** The note in one tier. */
export class Notes {
  readonly #tier: Tier;
  readonly #guard: Guard;
  readonly #missed: Missed;
  readonly #key: string;
  readonly #engine: Engine;
  /** Tagged entries with a lower sequence are from before anything is known of their tags. */
  #floor = 0;

  constructor(tier: Tier, guard: Guard, missed: Missed, prefix: Prefix, engine: Engine) {
    this.#tier = tier;
    this.#guard = guard;
    this.#missed = missed;
    this.#key = prefix.reserved("journal");
    this.#engine = engine;
  }

  /** Reads what an earlier process noted. Without it, the tier is emptied of our keys before it serves. */
  recall(now: number): MaybePromise<number | undefined> {
    const read = this.#guard.run("getMany", () =>
      faceOf(this.#tier, this.#engine).getMany([this.#key], { now, peek: true }),
    );
    return then(read, (answer) => {
      const note = answer instanceof TierError ? undefined : (answer.entries[0]?.value as Partial<Note> | undefined);
      const { position, sequence } = note ?? {};
      if (!Number.isSafeInteger(position) || !Number.isSafeInteger(sequence)) {
        this.#missed.addAll();
        return undefined;
      }
      if (!this.#tier.capabilities.tags) this.#floor = sequence!;
      return position;
    });
  }

  /** Of tags that were invalidated below this sequence nothing is known. */
  forget(sequence: number): void {
    this.#floor = sequence;
  }

  /** Whether the entry is from before this process, and nobody knows which tags were invalidated since. */
  isUnknown({ tags, sequence = 0 }: Entry): boolean {
    return tags.length > 0 && sequence < this.#floor;
  }

  /** Notes it, unless the tier has still to be told of something; says whether it did. */
  note(note: Note, now: number): MaybePromise<boolean> {
    if (this.#missed.isAny) return false;
    const entry: Entry = {
      value: note,
      createdAt: now,
      freshUntil: Infinity,
      staleUntil: Infinity,
      tags: NO_TAGS,
      sequence: 0,
      version: undefined,
      loadTime: 0,
    };
    const writes = [{ key: this.#key, entry }];
    const stored = this.#guard.run("setMany", () =>
      then(this.#tier.prepare ? this.#tier.prepare(writes) : writes, (some) =>
        faceOf(this.#tier, this.#engine).setMany(some, now),
      ),
    );
    return then(stored, (answer) => !(answer instanceof TierError));
  }
}
