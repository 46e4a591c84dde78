/**
 * What is told of a tier while it works: to the cache's logger, its listeners and its counters.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { keyOf } from "../key.ts";
import { ended } from "../maybe.ts";
import type { LayerCounters } from "../stats.ts";
import type { Tier } from "../tier.ts";
import type { GuardObserver } from "./guard.ts";
import type { Layer } from "./layer.ts";

/** A logger that throws or rejects is an `error` event, and harms nobody. */
export function log(engine: Engine, level: "warn" | "error", message: string, ...detail: unknown[]): void {
  ended(
    () => engine.options.logger?.[level](message, ...detail),
    () => {},
    (error) => engine.emit("error", () => ({ error, operation: "logger" })),
  );
}

/** What the guard of a tier tells. */
export function observerOf({ name }: Tier, counters: LayerCounters, engine: Engine): GuardObserver {
  return {
    around: (operation, call) => (engine.around ? engine.around(name, operation, call) : call()),
    fault: (error, operation) => {
      counters.errors++;
      log(engine, "error", error.message, error.cause);
      engine.emit("error", () => ({ error, operation, tier: name }));
    },
    breaker: (state) => {
      log(engine, "warn", `Breaker of tier ${name} is ${state}`);
      engine.emit("breaker", () => ({ tier: name, state }));
    },
  };
}

/** Opens the tier of a layer, which tells then of what becomes of its entries, and of what fails in the background. */
export function open(layer: Layer, engine: Engine): void {
  const { tier, name, counters } = layer;
  const { clock, random, name: cacheName } = engine.options;
  const opened = tier.open?.({
    cacheName,
    clock,
    random,
    counters,
    removed: (key, reason) => engine.left(name, layer.strip(key), reason, counters),
    report: (kind, error, key) => {
      counters[kind === "corrupt" ? "corrupt" : "errors"]++;
      if (kind === "corrupt") {
        const text = layer.strip(key ?? "");
        engine.gone?.(text, "corrupt", name);
        engine.emit("corrupt", () => ({ key: keyOf(text), tier: name, error }));
      } else engine.emit("error", () => ({ error, operation: "background", tier: name }));
    },
  });
  if (opened) engine.background(opened, `open of ${name}`);
}
