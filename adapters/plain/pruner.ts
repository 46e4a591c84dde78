/**
 * Removes expired records from a store that can list them, a bounded part of it at a time.
 *
 * @module
 */
import type { Decide, PlainDriver } from "./driver.ts";
import { liveEntry } from "./found.ts";

/** Records that one call looks at: a sweep goes on in the next one. */
const LOOK = 1_000;
/** Records of one page. */
const PAGE = 500;

/** One sweep after the other. */
export class Pruner {
  readonly #driver: PlainDriver;
  readonly #replace: (keys: readonly string[], decide: Decide, now: number) => Promise<void>;
  /** Where the next call goes on. */
  #cursor: string | undefined;

  /** @param replace changes records that are there */
  constructor(driver: PlainDriver, replace: (keys: readonly string[], decide: Decide, now: number) => Promise<void>) {
    this.#driver = driver;
    this.#replace = replace;
  }

  /** Removes at most `limit` records; answers with their keys. */
  async prune(limit: number, now: number): Promise<readonly string[]> {
    const pruned: string[] = [];
    if (this.#cursor === undefined) await this.#driver.tidy?.();
    for (let looked = 0; looked < LOOK && pruned.length < limit; ) {
      const here = this.#cursor;
      const page = await this.#driver.list!("", here, PAGE);
      const expired = [...new Set(page.records.filter(({ staleUntil }) => staleUntil <= now).map(({ key }) => key))];
      const some = expired.slice(0, limit - pruned.length);
      // A record that cannot be removed does not hold up the others.
      this.#cursor = page.cursor;
      pruned.push(...(await this.#remove(some, now)));
      if (some.length < expired.length) {
        // What is left of a page is for the next time.
        this.#cursor = here;
        break;
      }
      if (page.cursor === undefined) break;
      looked += Math.max(1, page.records.length);
    }
    return pruned;
  }

  /** Removes those that are still over; answers with their keys. */
  async #remove(keys: readonly string[], now: number): Promise<Iterable<string>> {
    const removed = new Set<string>();
    const drop: Decide = (key, found) => {
      if (liveEntry(found, now) === undefined) {
        removed.add(key);
        return null;
      }
      removed.delete(key);
      return undefined;
    };
    await this.#replace(keys, drop, now);
    return removed;
  }
}
