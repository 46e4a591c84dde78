import { SlotIndex } from "../../../src/memory/slot-index.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, seededRandom, suite, throws } from "../../contract/mod.ts";
import { run } from "./ledger-of-entries.ts";

/** A Map that is full as V8's is, at so many slots: those of deleted keys are free again once they are half of all. */
class SmallMap extends Map<string, number> {
  static limit: number;
  /** Maps that were full. */
  static full: number;
  /** How often one was asked for a key. */
  static asked: number;
  #slots = 0;

  override get(key: string): number | undefined {
    SmallMap.asked++;
    return super.get(key);
  }

  override has(key: string): boolean {
    SmallMap.asked++;
    return super.has(key);
  }

  override set(key: string, slot: number): this {
    if (!super.has(key)) {
      if (this.#slots >= SmallMap.limit && this.#slots - this.size >= SmallMap.limit / 2) this.#slots = this.size;
      if (this.#slots >= SmallMap.limit) {
        SmallMap.full++;
        throw new RangeError("Map maximum size exceeded");
      }
      this.#slots++;
    }
    return super.set(key, slot);
  }
}

/** Lets indices have Maps of so many slots; answers with how often one was full. */
async function withSmallMaps(limit: number, test: () => unknown): Promise<number> {
  const { newMap } = SlotIndex;
  SmallMap.limit = limit;
  SmallMap.full = 0;
  SlotIndex.newMap = (entries) => {
    const map = new SmallMap();
    for (const [key, slot] of entries) map.set(key, slot);
    return map;
  };
  try {
    await test();
  } finally {
    SlotIndex.newMap = newMap;
  }
  return SmallMap.full;
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("slot index", {
  // RangeError: Map maximum size exceeded, at the 16,777,217th new key of a tier with room for nine million.
  "turnover goes on when a Map's table is full": async () => {
    for (const kept of [60, 80, 100, 150, 350]) {
      const full = await withSmallMaps(100, () => {
        const index = new SlotIndex();
        for (let id = 0; id < 5_000; id++) {
          index.add(`k${id}`, id);
          if (id >= kept) index.delete(`k${id - kept}`);
          same(index.size, Math.min(id + 1, kept));
        }
        for (let id = 0; id < 5_000; id++) same(index.get(`k${id}`), id < 5_000 - kept ? undefined : id);
      });
      ok(full > 0, `with ${kept} keys no Map was full`);
    }
  },
  "it answers as one Map does, whatever is done": async () => {
    for (const seed of [1, 2, 3]) {
      const full = await withSmallMaps(50, () => {
        const random = seededRandom(seed);
        const index = new SlotIndex();
        const model = new Map<string, number>();
        for (let step = 0; step < 20_000; step++) {
          const key = `k${Math.floor(random() * 400)}`;
          same(index.get(key), model.get(key));
          if (random() < (step % 4_000 < 2_000 ? 0.6 : 0.3)) {
            if (!model.has(key)) index.add(key, step);
            if (!model.has(key)) model.set(key, step);
          } else {
            index.delete(key);
            model.delete(key);
          }
          same(index.size, model.size);
          if (step % 100 === 0) equal([...index].sort(), [...model].sort());
        }
      });
      ok(full > 0);
    }
  },
  "no Map is started without need": async () => {
    const limit = 1_000;
    let made = 0;
    const full = await withSmallMaps(limit, () => {
      const { newMap } = SlotIndex;
      SlotIndex.newMap = (entries) => {
        made++;
        return newMap(entries);
      };
      const index = new SlotIndex();
      // Most stay for good, the others go in turn.
      for (let id = 0; id < 100_000; id++) {
        index.add(`k${id}`, id);
        if (id >= 800) index.delete(`k${id - 100}`);
      }
      same(index.size, 800);
    });
    same(made, full + 1);
    // Nine in ten of the first Map's keys stay in it; in the second there is room for the turnover for good.
    same(full, 1);
  },
  "keys move as seldom as they come, and Maps are few": async () => {
    let moved = 0;
    await withSmallMaps(1_000, () => {
      const { newMap } = SlotIndex;
      SlotIndex.newMap = (entries) => {
        moved += [...entries].length;
        return newMap(entries);
      };
      const index = new SlotIndex();
      const random = seededRandom(1);
      const kept: string[] = [];
      let most = 0;
      for (let id = 0; id < 50_000; id++) {
        SmallMap.asked = 0;
        index.get("none");
        most = Math.max(most, SmallMap.asked);
        index.add(`k${id}`, id);
        kept.push(`k${id}`);
        if (kept.length <= 2_500) continue;
        const at = Math.floor(random() * kept.length);
        index.delete(kept[at]!);
        kept[at] = kept.pop()!;
      }
      ok(most <= 8, `${most} Maps were asked for a key, where three have room for all`);
    });
    ok(moved <= 50_000, `${moved} moved of 50000 that came`);
  },
  "another fault of a Map is not hidden": async () => {
    await withSmallMaps(10, () => {
      const { newMap } = SlotIndex;
      let made = 0;
      SlotIndex.newMap = (entries) => {
        if (made++ > 0) return newMap(entries);
        return Object.assign(new Map<string, number>(), {
          set() {
            throw new TypeError("broken");
          },
        });
      };
      const index = new SlotIndex();
      throws(() => index.add("k", 1), TypeError);
    });
  },
  "the tier keeps its books over several Maps": async () => {
    for (const options of [{ maxEntries: 90 }, { maxEntries: 300 }, { maxBytes: 3_000 }]) {
      const full = await withSmallMaps(100, () =>
        run(options, { seed: 1, steps: 6_000, keys: 900, every: 7, withEnds: true, weigh: () => 10 }),
      );
      ok(full > 0, `no Map was full with ${JSON.stringify(options)}`);
    }
  },
});
