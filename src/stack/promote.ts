/**
 * Promotion: what was found below is copied up.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { keyOf } from "../key.ts";
import { isPromise, then } from "../maybe.ts";
import type { Found } from "../store.ts";
import type { Write } from "../tier.ts";
import type { Layer } from "./layer.ts";
import type { Traffic } from "./traffic.ts";

/**
 * Copies fresh entries into the layers above the one that had them, with the time, tags and version that they have.
 * A layer that takes its time is not waited for.
 *
 * @param ticket from before the read: a key that was mutated since is left alone
 */
export function promote(
  layers: readonly Layer[],
  keys: readonly string[],
  found: readonly (Found | undefined)[],
  ticket: number,
  now: number,
  engine: Engine,
  traffic: Traffic,
): void {
  layers.forEach((layer, index) => {
    // What is copied into a tier that takes its time during a mutation might be found there after it.
    if (!layer.isMemory && traffic.isMutating) return;
    // Nor does what others may have deleted in a shared tier come back from one of this process's own.
    const isNoSource = ({ isPrivate }: Layer, at: number): boolean => at <= index || (isPrivate && !layer.isPrivate);
    const others = new Set(layers.filter(isNoSource).map(({ name }) => name));
    const writes: Write[] = [];
    const from: string[] = [];
    found.forEach((item, i) => {
      if (!item || item.stale || others.has(item.tier) || !engine.fence.passes(keys[i]!, ticket)) return;
      writes.push({ key: keys[i]!, entry: item.entry });
      from.push(item.tier);
    });
    if (writes.length === 0) return;
    const done = then(layer.promote(writes, now), (ok) => {
      layer.counters[ok ? "promotions" : "promotionErrors"] += writes.length;
      if (!ok) return;
      writes.forEach(({ key }, i) => {
        engine.emit("promote", () => ({ key: keyOf(key), from: from[i]!, to: layer.name }));
      });
    });
    if (!isPromise(done)) return;
    const settled = settle(done, layer, writes, ticket, now, engine);
    traffic.land(
      writes.map(({ key }) => key),
      settled,
    );
    engine.background(settled, "promotion");
  });
}

/** A promotion that takes time may be overtaken by a mutation of its key: then the mutation wins. */
async function settle(
  done: Promise<void>,
  layer: Layer,
  writes: readonly Write[],
  ticket: number,
  now: number,
  engine: Engine,
): Promise<void> {
  engine.fence.enter();
  try {
    await done;
    const overtaken = writes.map(({ key }) => key).filter((key) => !engine.fence.passes(key, ticket));
    if (overtaken.length > 0) await layer.delete(overtaken, now);
  } catch (error) {
    layer.counters.promotionErrors += writes.length;
    throw error;
  } finally {
    engine.fence.leave();
  }
}
