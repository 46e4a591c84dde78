/**
 * What the loads of one call bring at the same moment is stored together: a store that is asked by requests gets one, and not one for each key.
 *
 * @module
 */
import type { Loaded } from "./write.ts";

/** A load that waits for the others of its call. */
interface Waiting extends Loaded {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Stores what several loads have brought: an outcome for each, in their order. */
type StoreAll = (
  loaded: readonly Loaded[],
  tiers: readonly string[] | undefined,
) => Promise<readonly PromiseSettledResult<void>[]>;

/** Gathers what is loaded, by the call that it belongs to. */
export class Together {
  readonly #waiting = new Map<object, Waiting[]>();
  readonly #store: StoreAll;

  constructor(store: StoreAll) {
    this.#store = store;
  }

  /** @param tiers names of the only ones that are written to, which are the same for all of a call */
  add(call: object, loaded: Loaded, tiers: readonly string[] | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = { ...loaded, resolve, reject };
      const others = this.#waiting.get(call);
      if (others) {
        others.push(waiting);
        return;
      }
      const all = [waiting];
      this.#waiting.set(call, all);
      // After this tick, when all that were made together have come.
      Promise.resolve()
        .then(() => {
          this.#waiting.delete(call);
          return this.#store(all, tiers);
        })
        .then((outcomes) => {
          outcomes.forEach((outcome, i) => {
            if (outcome.status === "rejected") all[i]!.reject(outcome.reason);
            else all[i]!.resolve();
          });
        });
    });
  }
}
