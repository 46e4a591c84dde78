/**
 * The bus: telling other caches of the same name, in other threads or processes, what was changed, so that they drop it
 * from their memory at once.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { methods } from "../errors.ts";
import type { Store } from "../store.ts";
import { BusStore } from "./bus-store.ts";

/** What `createCache({ bus })` takes, made by {@linkcode defineBus}, `broadcastBus()` or `pollingBus()`. Several caches may use one. */
export interface Bus {
  /** For the cache: puts the bus before its store. */
  readonly attach: (store: Store, engine: Engine) => Store;
}

/** What carries the messages of a bus: a pub/sub channel of any kind. It may lose, repeat and reorder them. */
export interface BusTransport {
  /**
   * Joins a channel; called once for each cache, when that is first used.
   *
   * @param channel name of the channel: caches of the same name and prefix have the same
   * @param receive takes each message that anybody sent on the channel, as it was sent or through JSON; one's own do no harm
   * @param missed to be called when messages may have been missed: the connection was lost, or stands only now
   */
  open(channel: string, receive: (message: unknown) => void, missed: () => void): BusConnection;
}

/** A channel that was joined. */
export interface BusConnection {
  /**
   * Sends a message to all others on the channel. What it throws, or rejects with, is an `error` event of the cache.
   *
   * @param message an object of strings, numbers, arrays and plain objects, without values of the cache; of up to a thousand keys
   */
  send(message: object): void | Promise<void>;
  /** Leaves the channel. */
  close(): void | Promise<void>;
}

/**
 * Makes a bus of a transport.
 *
 * @example
 * ```ts
 * import { createCache, defineBus } from "tiercel";
 *
 * const bus = defineBus({
 *   open(channel, receive, missed) {
 *     subscriber.on("ready", missed);
 *     void subscriber.subscribe(channel, (text) => receive(JSON.parse(text)));
 *     return {
 *       send: async (message) => void (await publisher.publish(channel, JSON.stringify(message))),
 *       close: () => subscriber.unsubscribe(channel),
 *     };
 *   },
 * });
 * const cache = createCache({ name: "users", bus });
 * ```
 *
 * @throws {ConfigError} when the transport has no `open`
 */
export function defineBus(transport: BusTransport): Bus {
  methods("bus", transport ?? null, "open");
  return { attach: (store, engine) => new BusStore(store, engine, transport) };
}
