/**
 * The results of a cached function that is bound to scopes: in each scope a namespace of its own.
 *
 * @module
 */
import { callable, invalid } from "../errors.ts";
import { then } from "../maybe.ts";
import type { ScopeRules, Scopes } from "../scope/types.ts";
import { eachPage } from "../store.ts";
import type { Verbs } from "../verbs/verbs.ts";
import type { AnyOptions, FunctionPlace, Inside } from "./place.ts";

/** What the keys of a scope begin with. */
const SCOPES = /^(?:@[^:=]+=[^:]*:)+/;

/**
 * The place of a function in the scopes of a view.
 *
 * @param segment what the keys of the function begin with in each of them
 * @throws {ConfigError} for a level that there is not, or without `from`
 */
export function scopedPlace(
  rules: ScopeRules,
  view: Verbs,
  place: FunctionPlace,
  { scope, from }: AnyOptions,
  segment: string,
  inside: Inside,
): FunctionPlace {
  if (scope === undefined) throw invalid("scope", "given together with from", scope);
  callable("from", from);
  (rules as unknown as Scopes).params(scope as never);
  const { engine, space } = view;
  const { root } = place;
  // An entry in whatever scope carries it, so that all can be cleared at once.
  const tag = root.space.prefix;
  return {
    ...place,
    at: (self, args) =>
      rules.enter(space, scope, from!.apply(self, [...args]), undefined, (outer, suffix) =>
        inside(outer, suffix, [...outer.tags, tag].sort()),
      ),
    clear: () =>
      then(engine.store.invalidate([tag], "any", "delete"), () =>
        engine.emit("invalidate", () => ({ by: "clear", what: root.name })),
      ),
    size: () => {
      let count = 0;
      const counted = eachPage(engine.store.pages(space.prefix), (page) => {
        for (const text of page) if (text.slice(space.prefix.length).replace(SCOPES, "").startsWith(segment)) count++;
      });
      return then(counted, () => count);
    },
  };
}
