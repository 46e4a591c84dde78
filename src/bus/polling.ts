/**
 * Looking into a journal on a timer.
 *
 * @module
 */
import { hasTimers, systemClock } from "../clock.ts";
import { type Duration, toMilliseconds } from "../duration.ts";
import { ConfigError, checkOptions, invalid } from "../errors.ts";
import { settle } from "../maybe.ts";
import type { Bus } from "./bus.ts";
import { BusStore } from "./bus-store.ts";

/** Options of {@linkcode pollingBus}. */
export interface PollingBusOptions {
  /** Pause between two looks. Default `"100ms"`. */
  every?: Duration | undefined;
}

/**
 * A bus that needs nobody's help: it looks into the journal of the shared tier on a timer, which keeps no process alive.
 * With `coherence: "forever"` calls do not look any more, so that their time does not depend on the shared tier.
 *
 * ```ts
 * import { createCache, memory, pollingBus } from "tiercel";
 * import { sqlite } from "tiercel/sqlite";
 *
 * const tiers = [memory(), sqlite("cache.db")];
 * const cache = createCache({ tiers, bus: pollingBus({ every: "250ms" }), coherence: "forever" });
 * await cache.close();
 * ```
 *
 * @throws {ConfigError} for a wrong `every`; `createCache` throws one when no tier keeps a journal, and where there are
 * no timers outside of a request: on Cloudflare Workers and Vercel Edge
 */
export function pollingBus(options: PollingBusOptions = {}): Bus {
  checkOptions(options);
  const { every = "100ms" } = options;
  const pause = toMilliseconds(every, "every");
  if (!(pause > 0 && pause < Infinity)) throw invalid("every", "above 0 and finite", every);
  return {
    attach(store, engine) {
      const { clock } = engine.options;
      const lack = !store.look
        ? `a tier that keeps a journal: received ${store.tiers.map(({ name }) => name).join(", ")}`
        : clock === systemClock && !hasTimers() && "timers outside of a request: this runtime has none";
      if (lack) {
        settle(() => store.close()).catch(() => {});
        throw new ConfigError("bus", `Cannot use bus as pollingBus must have ${lack}`);
      }
      return new BusStore(store, engine, {
        open(_channel, _receive, missed) {
          let timer: unknown;
          const wait = (): void => {
            timer = clock.setTimer(
              () => {
                wait();
                missed();
              },
              pause,
              true,
            );
          };
          wait();
          return { send() {}, close: () => clock.clearTimer(timer) };
        },
      });
    },
  };
}
