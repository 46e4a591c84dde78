/**
 * The package `redis` (node-redis 5 and 6): a client, a pool, a cluster, or sentinels.
 *
 * A command that is not sent in time leaves the client's queue, so it is never executed later. One that was sent and
 * not answered may be.
 *
 * @module
 */
import { systemClock } from "../../src/clock.ts";
import { ConfigError } from "../../src/errors.ts";
import { then } from "../../src/maybe.ts";
import { within } from "../../src/timeout.ts";
import { type Connection, hasMethods, type Listener, NodeBuffer, withBuffers } from "./connection.ts";
import { RedisFailure } from "./failure.ts";
import type { Argument, Reply } from "./link.ts";
import type { OwnClient, Place } from "./own.ts";

/** The slice of a client, pool, cluster or sentinel of node-redis that is used. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  readonly sendCommand: (...args: never[]) => Promise<unknown>;
  readonly connect: () => Promise<unknown>;
  readonly withTypeMapping: (...args: never[]) => unknown;
  readonly on: (...args: never[]) => unknown;
}

interface Options {
  readonly typeMapping: unknown;
  /** The client's own, which earlier versions do not know. */
  readonly timeout: undefined;
  readonly abortSignal?: AbortSignal;
}

type Sender<Before extends unknown[]> = {
  sendCommand(...args: [...Before, command: Argument[], options: Options]): Promise<Reply>;
};

/** A client for one server, with what the bus uses. */
interface Single extends Sender<[]> {
  readonly isReady: boolean;
  readonly options?: { readonly socket?: object };
  connect(): Promise<unknown>;
  duplicate(overrides: object): Single;
  subscribe(channel: string, listener: (text: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  on(event: string, listener: () => void): unknown;
  listenerCount?(event: string): number;
  ref?(): void;
  unref?(): void;
  destroy(): void;
}

interface Cluster extends Sender<[key: string, isReadonly: boolean]> {
  readonly masters: readonly unknown[];
  nodeClient(node: unknown): Promise<Single> | Single;
}

interface Pool {
  execute<T>(task: (client: Single) => T): Promise<T>;
}

/** `$`, a bulk string, in the protocol. */
const BULK_STRING = 36;

/** A connection over a client of the caller's; `undefined` when it is none of node-redis. */
export function adoptNodeRedis(client: object, patience: number): Connection | undefined {
  // Version 4, which cannot give the bytes of a script's reply, has no type mapping.
  if (!hasMethods(client, "sendCommand", "connect", "on", "withTypeMapping") || !("isOpen" in client)) return undefined;
  const given = client as NodeRedisClient;
  const isCluster = "masters" in client;
  const plain: Options = { typeMapping: { [BULK_STRING]: NodeBuffer() }, timeout: undefined };
  const opened = opener(given, patience);
  const sender = client as unknown;
  const isSentinel = "getSentinelNode" in client;
  const send = (args: Argument[], key: string): Promise<Reply> => {
    // Takes effect as long as the command is not sent.
    const options = Number.isFinite(patience) ? { ...plain, abortSignal: AbortSignal.timeout(patience) } : plain;
    if (isCluster) return (sender as Cluster).sendCommand(key, false, args, options);
    if (isSentinel) return (sender as Sender<[isReadonly: boolean]>).sendCommand(false, args, options);
    return (sender as Single).sendCommand(args, options);
  };
  return {
    isText: false,
    isCluster,
    // A pool, which sentinels have of masters too, gives a command to any client that is idle.
    isOrdered: !isSentinel && !hasMethods(client, "execute"),
    client,
    send: (command, key) => then(opened(), () => send(withBuffers(command), key)),
    async listen(ended) {
      await opened();
      return listen(await singleOf(client), ended, patience);
    },
    close() {},
  };
}

/**
 * Connects a client that was given before it was connected, when it is first used. One that was open and is closed now
 * was closed by its owner.
 */
function opener(client: NodeRedisClient, patience: number): () => Promise<void> | undefined {
  let wasOpen = false;
  let opening: Promise<void> | undefined;
  return () => {
    if (opening === undefined && (client.isOpen || wasOpen)) {
      wasOpen = true;
      return undefined;
    }
    if (opening === undefined) {
      // Without any listener the first fault of the connection would end the process.
      const single = client as unknown as Single;
      if (single.listenerCount?.("error") === 0) single.on("error", () => {});
      opening = Promise.resolve(client.connect()).then(
        () => {
          wasOpen = true;
          opening = undefined;
        },
        (error) => {
          opening = undefined;
          throw error;
        },
      );
      opening.catch(() => {});
    }
    return within(opening, patience, systemClock, () => {
      throw new RedisFailure(`Redis failed: the client did not connect within ${patience} ms`, "TIMEOUT");
    });
  };
}

/** A client for one server, to be duplicated: of a cluster that of any master, as all of them pass messages on. */
async function singleOf(client: object): Promise<Single> {
  if ("masters" in client) {
    const { masters } = client as Cluster;
    const node = masters[Math.floor(Math.random() * masters.length)];
    if (node === undefined) throw new RedisFailure("Redis failed: the cluster has no master");
    return (client as Cluster).nodeClient(node);
  }
  if ("getSentinelNode" in client) {
    throw new ConfigError(
      "target",
      "Cannot use target as a bus must have a client, a pool or a cluster: received sentinels",
    );
  }
  // A pool closes none of its own for that: the client is asked for its options alone.
  return hasMethods(client, "execute") ? (client as Pool).execute((one) => one) : (client as Single);
}

async function listen(single: Single, ended: () => void, patience: number): Promise<Listener> {
  const socket = { ...single.options?.socket, reconnectStrategy: false };
  const client = single.duplicate({ socket, commandOptions: {} });
  let isOver = false;
  const over = () => {
    if (isOver) return;
    isOver = true;
    ended();
  };
  client.on("error", over);
  client.on("end", over);
  try {
    await within(client.connect(), patience, systemClock, () => {
      throw new RedisFailure(`Redis failed: no connection within ${patience} ms`, "TIMEOUT");
    });
  } catch (error) {
    isOver = true;
    client.destroy();
    throw error;
  }
  client.unref?.();
  return {
    subscribe: (channel, receive) => client.subscribe(channel, receive),
    unsubscribe: (channel) => client.unsubscribe(channel),
    close() {
      isOver = true;
      client.destroy();
    },
  };
}

/** The package. */
export interface NodeRedis {
  createClient(options: object): Single;
}

/** Opens a client of our own, for one life. */
export function openNodeRedis({ createClient }: NodeRedis, place: Place, connectTimeout: number): OwnClient {
  const { host, port, username, password, database, tls } = place;
  const client = createClient({
    socket: {
      ...(tls === undefined ? {} : { ...tls, tls: true }),
      ...{ host, port, reconnectStrategy: false },
      ...(Number.isFinite(connectTimeout) && { connectTimeout }),
    },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    disableOfflineQueue: true,
    // Messages of Redis Enterprise, which would cost commands at each connection.
    maintNotifications: "disabled",
  });
  client.on("error", () => {});
  const options: Options = { typeMapping: { [BULK_STRING]: NodeBuffer() }, timeout: undefined };
  return {
    client,
    isText: false,
    ready: Promise.resolve(client.connect()),
    get isAlive() {
      return client.isReady;
    },
    send: (command) => client.sendCommand(withBuffers(command), options),
    hold(isHeld) {
      if (isHeld) client.ref?.();
      else client.unref?.();
    },
    listen: (ended) => listen(client, ended, connectTimeout),
    close: () => client.destroy(),
  };
}
