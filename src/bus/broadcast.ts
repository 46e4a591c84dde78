/**
 * The bus within one process or origin.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { type Bus, defineBus } from "./bus.ts";

/** What is used of a BroadcastChannel. */
interface Channel {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onmessageerror: (() => void) | null;
  postMessage(message: unknown): void;
  close(): void;
  /** In Node, in Bun, and in Deno's module for Node. */
  unref?(): void;
}

type ChannelClass = new (name: string) => Channel;

interface Globals {
  readonly BroadcastChannel?: ChannelClass;
  readonly Deno?: unknown;
  readonly process?: { getBuiltinModule?(name: string): { readonly BroadcastChannel?: ChannelClass } | undefined };
  addEventListener?(type: string, listener: (event: { readonly persisted?: boolean }) => void): void;
  removeEventListener?(type: string, listener: unknown): void;
}

/**
 * In Deno a channel that is opened right after the last one was closed is dead: receiving ends for all of them, and sending
 * throws (2.9.6). So one is kept open, which keeps no process alive.
 */
let kept: Channel | undefined;

/**
 * A bus over the global `BroadcastChannel`: between the threads of one process (Node, Bun, Deno), or the tabs, frames and
 * workers of one origin in a browser. It keeps no process alive.
 *
 * ```ts
 * import { broadcastBus, createCache } from "tiercel";
 *
 * const cache = createCache({ name: "users", bus: broadcastBus() });
 * await cache.delete("user:42");
 * await cache.close();
 * ```
 *
 * @throws {ConfigError} where there is no `BroadcastChannel`: on Cloudflare Workers and Vercel Edge
 */
export function broadcastBus(): Bus {
  const host = globalThis as Globals;
  // Deno's global one cannot be kept from keeping the process alive.
  const node = host.Deno ? host.process?.getBuiltinModule?.("node:worker_threads") : undefined;
  const Channel = node?.BroadcastChannel ?? host.BroadcastChannel;
  if (!Channel)
    throw new ConfigError("bus", "Cannot use bus as broadcastBus must have BroadcastChannel: this runtime has none");
  return defineBus({
    open(name, receive, missed) {
      if (host.Deno && !kept) {
        kept = new Channel("tiercel");
        kept.unref?.();
      }
      const channel = new Channel(name);
      // A page that was left does not get messages until it is come back to.
      const shown = ({ persisted }: { readonly persisted?: boolean }): void => {
        if (persisted) missed();
      };
      channel.onmessage = ({ data }) => receive(data);
      channel.onmessageerror = missed;
      channel.unref?.();
      host.addEventListener?.("pageshow", shown);
      return {
        send: (message) => channel.postMessage(message),
        close() {
          host.removeEventListener?.("pageshow", shown);
          channel.close();
        },
      };
    },
  });
}
