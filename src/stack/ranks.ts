/**
 * The layers of a stack by what they are.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { TierError } from "../errors.ts";
import { Follower } from "./follower.ts";
import type { Layer } from "./layer.ts";
import type { TagLedger } from "./tag-ledger.ts";
import { Traffic } from "./traffic.ts";

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
  /** Tiers of this cache alone that answer at once: they are changed last. */
  readonly memory: readonly Layer[];
  /** All others. */
  readonly below: readonly Layer[];
  /** The lowest shared tier that keeps a journal. */
  readonly followed: Layer | undefined;
  /** What others change in it. */
  readonly follower: Follower | undefined;
  /** Tiers that do not see what others change: this process's own, and those above the journal. */
  readonly unaware: readonly Layer[];
  /** Those among them that have entries from before. */
  readonly lasting: readonly Layer[];
}

/** Tells the layers of a stack apart. */
export function ranksOf(layers: readonly Layer[], ledger: TagLedger, engine: Engine): Ranks {
  const shared = layers.filter((layer) => !layer.isPrivate);
  const own = layers.filter((layer) => layer.isPrivate);
  const followed = shared.findLast(({ tier }) => tier.capabilities.journal);
  const unaware = followed ? layers.filter(({ index, isPrivate }) => index < followed.index || isPrivate) : own;
  const lasting = unaware.filter((layer) => !layer.isPrivate && !layer.tier.capabilities.readOnly);
  const plain = shared.filter(
    ({ index, tier: { capabilities } }) =>
      followed && index > followed.index && !capabilities.tags && !capabilities.readOnly,
  );
  return {
    engine,
    ledger,
    traffic: new Traffic(engine),
    all: layers,
    authority: layers.findLast(({ tier }) => tier.capabilities.tags && !tier.capabilities.readOnly),
    shared,
    memory: layers.filter(({ isMemory }) => isMemory),
    below: layers.filter(({ isMemory }) => !isMemory),
    followed,
    follower: followed && new Follower(followed, lasting, plain, engine),
    unaware,
    lasting,
  };
}

/** The layers of one tier or of some, by name; by default all. */
export function only(layers: readonly Layer[], tier: string | readonly string[] | undefined): readonly Layer[] {
  return tier === undefined
    ? layers
    : layers.filter(({ name }) => (typeof tier === "string" ? name === tier : tier.includes(name)));
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
