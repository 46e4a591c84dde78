/**
 * A flight: one read and load of a key under way, and those who wait for it.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Entry } from "../entry.ts";
import type { Found } from "../store.ts";
import type { Request } from "../write.ts";

/** How a caller got its value. */
export type Outcome = "hit" | "load" | "swr" | "error" | "timeout";

/** What a flight ended with: what a tier had, or what was loaded. */
export interface Landing {
  /** Of a value that was not stored the tags are not known. */
  readonly entry: Pick<Entry, "value" | "sequence"> & { readonly tags?: readonly string[] };
  readonly by: Outcome;
  /** Name of the tier, unless it was loaded. */
  readonly tier: string;
}

/** What a load has in its hands. */
export interface Held {
  /** Of the fence, taken before the tiers were read: what is loaded is stored only where it still passes. */
  readonly ticket: number;
  /** The old value, once the tiers were read. */
  found?: Found | undefined;
  /** What it loads under, where a shared tier gives leases. */
  lease?: number | undefined;
  /** All who waited for it have left: what it brings is not kept. */
  isLeft?: boolean;
  /** Goes on though nobody waits. */
  background?: boolean;
  controller?: AbortController;
}

/** A read and load under way. */
export interface Flight extends Held {
  outcome: Promise<Landing>;
  /** Ends when the tiers were read, where that takes time. */
  reading?: unknown;
  /** What there is for others, where the one who began it was not satisfied with it. */
  spare?: Found | undefined;
  /** The write of what was loaded, where nobody waits for it any more. */
  keeping?: Promise<unknown>;
  /** The invalidation sequence before the load began. */
  sequence?: number;
  background: boolean;
  /** Version of the value that it brings. */
  readonly version: string | undefined;
  readonly startedAt: number;
  hasLanded?: boolean;
  /** How long it waited for the tiers before its loader began, in milliseconds. */
  waited: number;
  /** How many callers wait. */
  waiting: number;
}

/** What aborts the load. Made when the loader asks for its signal, since most do not. */
export function controllerOf(flight: Held): AbortController {
  return (flight.controller ??= new AbortController());
}

/** A flight goes on though nobody waits for it. */
export function keepAlive(engine: Engine, flight: Flight, { options }: Request): void {
  // Its failure is told by the load itself.
  engine.background(
    flight.outcome.catch(() => {}),
    "refresh",
    options.waitUntil,
  );
}

/** Others may load what this flight does not bring. */
export function release({ store }: Engine, text: string, flight: Pick<Held, "lease">): void {
  if (flight.lease) store.leases?.release(text, flight.lease);
  flight.lease = undefined;
}
