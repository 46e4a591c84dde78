/**
 * The layers of a stack by what they are.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { TierError } from "../errors.ts";
import type { Follower } from "./follower.ts";
import type { Layer } from "./layer.ts";
import type { TagLedger } from "./tag-ledger.ts";
import type { Traffic } from "./traffic.ts";

/** The layers of a stack, with what is known about all of them. */
export interface Ranks {
  readonly engine: Engine;
  readonly ledger: TagLedger;
  readonly traffic: Traffic;
  /** From top to bottom. */
  readonly all: readonly Layer[];
  /** The lowest tier that keeps tag sequences. */
  readonly authority: Layer | undefined;
  /** Tiers that others see too. */
  readonly shared: readonly Layer[];
  readonly private: readonly Layer[];
  /** What others change in the lowest shared tier that keeps a journal. */
  readonly follower: Follower | undefined;
  /** Tiers that do not see what others change: those above the journal, or without one this process's own. */
  readonly unaware: readonly Layer[];
}

/**
 * What a layer could not do was counted and reported by its guard; whether the caller sees it as well is an option.
 *
 * @param options in force when the call began
 */
export function throwFirst({ onError }: Engine["options"], answers: readonly unknown[]): void {
  const fault = answers.find((answer) => answer instanceof TierError);
  if (fault && onError === "throw") throw fault;
}
