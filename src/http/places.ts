/**
 * The views of a cache that requests are for.
 *
 * @module
 */
import type { AnyCache, HttpRules } from "./options.ts";
import { Place, placeId } from "./place.ts";

/** Most views that are kept for the next request. */
const MOST = 1_000;

/** The place of each request: that of the cache, or of what `scope` gives. */
export class Places {
  readonly #rules: HttpRules;
  readonly #own: Place;
  readonly #others = new Map<string, Place>();

  constructor(cache: AnyCache, rules: HttpRules) {
    this.#rules = rules;
    this.#own = new Place(cache, rules);
  }

  of(request: Request): Place {
    const view = this.#rules.scope?.(request) as AnyCache | undefined;
    if (!view) return this.#own;
    const id = placeId(view);
    if (id === this.#own.id) return this.#own;
    let place = this.#others.get(id);
    if (!place) {
      place = new Place(view, this.#rules);
      if (this.#others.size >= MOST) this.#others.delete(this.#others.keys().next().value!);
      this.#others.set(id, place);
    }
    return place;
  }
}
