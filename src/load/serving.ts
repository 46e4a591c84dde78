/**
 * What may be served, and to whom: of an entry that a tier has, and of what somebody else's flight has brought.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { type Entry, freshness } from "../entry.ts";
import { isLost } from "../joined.ts";
import type { Lifetimes } from "../lifetimes.ts";
import { isChoosy } from "../schema.ts";
import type { Found } from "../store.ts";
import type { Request } from "../write.ts";
import type { Flight, Landing, Outcome } from "./flight.ts";

/** A landing with what a tier had. */
export function served(found: Found, by: Outcome = "swr"): Landing {
  return { ...found, by: found.stale ? by : "hit" };
}

/** Whether an old entry may still be served, `span` after its freshness ended. One expired by tag has no such time. */
export function isWithin(entry: Entry, span: number, now: number): boolean {
  return span > 0 && freshness(entry, now) !== "expired" && (entry.freshUntil === 0 || now < entry.freshUntil + span);
}

/** Fresh, or stale for no longer than `swr`. */
export function isServable(engine: Engine, { entry, stale }: Found, { swr }: Lifetimes): boolean {
  return stale ? isWithin(entry, swr, engine.now()) : freshness(entry, engine.now()) === "fresh";
}

/** A landing with the old value, where its grace is not over and it was not deleted. */
export function oldOf(
  engine: Engine,
  found: Found | undefined,
  { grace }: Lifetimes,
  by: Outcome = "error",
): Landing | undefined {
  return found && isWithin(found.entry, grace, engine.now()) && engine.ledger.check(found.entry) !== "deleted"
    ? { ...found, by }
    : undefined;
}

/** Whether a fresh entry should be refreshed ahead of its end. */
export function isDue(
  engine: Engine,
  { createdAt, freshUntil, loadTime }: Entry,
  { refreshAhead, earlyRefresh }: Lifetimes,
): boolean {
  const now = engine.now();
  // The other is XFetch: now - loadTime × β × ln(random) ≥ expiry.
  return (
    (refreshAhead > 0 && now - createdAt >= refreshAhead * (freshUntil - createdAt)) ||
    (earlyRefresh > 0 && now - loadTime * earlyRefresh * Math.log(1 - engine.options.random()) >= freshUntil)
  );
}

/**
 * A refresh of what was invalidated after it began: what it lends and what it brings are too old for a new caller. Or a
 * flight of a request that has ended.
 */
export function isObsolete(engine: Engine, { background, found, sequence, outcome }: Flight): boolean {
  return (
    isLost(outcome) ||
    (background && found !== undefined && engine.ledger.check({ ...found.entry, sequence }) !== "valid")
  );
}

/** Invalidated after the load began and before somebody joined: what it brought is too old for them. */
export function isTooOld(engine: Engine, { entry, by }: Landing, joinedAt: number): boolean {
  if (joinedAt <= (entry.sequence ?? 0)) return false;
  const verdict = entry.tags ? engine.ledger.check(entry as Entry) : "deleted";
  return verdict === "deleted" || (verdict === "expired" && (by === "load" || by === "hit"));
}

/** Whether this caller's own options allow an old value with which somebody else's flight has landed. */
export function isFor(
  engine: Engine,
  { entry, by }: Landing,
  { options, accepted, lifetimes: { swr, grace } }: Request,
): boolean {
  if (by === "load") return true;
  if (isChoosy(options) && (entry as Entry).createdAt !== accepted) return false;
  return by === "hit" || isWithin(entry as Entry, by === "swr" ? swr : Math.max(swr, grace), engine.now());
}
