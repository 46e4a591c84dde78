/**
 * What all storages of one cache share in this process, as each of them works on the same names and items.
 *
 * @module
 */
import { systemClock } from "../../clock.ts";
import type { Engine } from "../../engine.ts";
import { alive, joined } from "../../joined.ts";

/** The storages of one cache. */
export class Desk {
  readonly #last = new Map<string, Promise<unknown>>();
  /** Objects that are in use, by the place of what they are views of. */
  readonly #views = new Map<string, number>();
  readonly #gone = new FinalizationRegistry<() => void>((left) => left());
  #sequence = 0;

  static of(engine: Engine): Desk {
    let desk = desks.get(engine);
    if (!desk) desks.set(engine, (desk = new Desk()));
    return desk;
  }

  /** Changes of one place, one after the other. */
  turn<T>(place: string, step: () => Promise<T>): Promise<T> {
    const before = this.#last.get(place);
    const done = (before ? joined(before) : Promise.resolve()).then(step);
    const settled = done.then(
      () => {},
      () => {},
    );
    this.#last.set(place, alive(settled));
    settled.then(() => {
      if (this.#last.get(place) === settled) this.#last.delete(place);
    });
    return done;
  }

  /** The place of what is put now in the order of all. */
  next(): number {
    this.#sequence = Math.max(this.#sequence + 0.001, systemClock.now());
    return this.#sequence;
  }

  /** Whether anybody has a place open. */
  isOpen(place: string): boolean {
    return this.#views.has(place);
  }

  /**
   * An object that is a view of a place was given out.
   *
   * @param left called when the last one was collected
   */
  opened(view: object, place: string, left: () => void): void {
    this.#views.set(place, (this.#views.get(place) ?? 0) + 1);
    this.#gone.register(view, () => {
      const count = this.#views.get(place)! - 1;
      if (count > 0) this.#views.set(place, count);
      else {
        this.#views.delete(place);
        left();
      }
    });
  }
}

const desks = /* @__PURE__ */ new WeakMap<Engine, Desk>();
