/**
 * A store behind a proxy that misbehaves.
 *
 * @module
 */
import type { Proxy as FaultyProxy } from "../servers/proxy.ts";
import { pause } from "./load.ts";
import type { Victim } from "./scenario.ts";

/** What no server would answer. */
export const GARBAGE: Uint8Array = Uint8Array.from({ length: 100 }, (_, i) => (i * 151 + 7) % 256);

/** A victim whose fault is that of a proxy before it. */
export function proxied(
  store: Pick<Victim, "tier" | "stop">,
  proxy: FaultyProxy,
  fault: Parameters<FaultyProxy["mode"]>[0],
): Victim {
  return {
    tier: store.tier,
    async hurt(duration) {
      await proxy.mode(fault);
      await pause(duration);
      await proxy.mode("pass");
    },
    async stop() {
      await proxy.stop();
      await store.stop();
    },
  };
}
