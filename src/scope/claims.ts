/**
 * Places of cached functions in scopes, of which no two of one name may meet.
 *
 * A function of a view has the scope of that view; one that is bound to a level below it has all scopes of that level, whose ids are open
 * there: `@organization=acme:@user=:`. Two such places meet where one has an open id and the other any, or the same. Ids are
 * never empty, and those that are open are always the last.
 *
 * @module
 */
import type { Engine } from "../engine.ts";

/** Places that are taken; with `<` before it, what a taken place becomes with more of its ids open. */
const taken = /* @__PURE__ */ new WeakMap<Engine, Set<string>>();

/**
 * Takes a place unless another meets it; whether one does.
 *
 * @param known scopes with their ids
 * @param open those below them, without
 * @param isShared whether it is taken in any case
 */
export function claim(
  engine: Engine,
  base: string,
  known: readonly string[],
  open: readonly string[],
  segment: string,
  isShared: boolean,
): boolean {
  const places = taken.get(engine) ?? new Set();
  taken.set(engine, places);
  const place = base + known.join("") + open.join("") + segment;
  const wider = known.map((_, i) => {
    const opened = known.slice(i).map((part) => part.replace(/=.*/, "=:"));
    return base + known.slice(0, i).join("") + opened.join("") + open.join("") + segment;
  });
  const isTaken = [place, `<${place}`, ...wider].some((one) => places.has(one));
  if (!isTaken || isShared) for (const one of [place, ...wider.map((one) => `<${one}`)]) places.add(one);
  return isTaken;
}
