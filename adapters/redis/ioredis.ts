/**
 * The package `ioredis`: a client or a cluster.
 *
 * Nothing is given to a client that is not ready, since it would send it later, whatever has become of it. What was
 * sent when a connection is lost, it sends again on the next one before anything new (`autoResendUnfulfilledCommands`).
 *
 * @module
 */
import { systemClock } from "../../src/clock.ts";
import { then } from "../../src/maybe.ts";
import { within } from "../../src/timeout.ts";
import { type Connection, hasMethods, type Listener, withBuffers } from "./connection.ts";
import { RedisFailure } from "./failure.ts";
import type { Argument, Reply } from "./link.ts";
import type { OwnClient, Place } from "./own.ts";

/** What a client or a cluster of ioredis is known by. Its methods for replies as bytes are missing in its types. */
export interface IoRedisClient {
  readonly status: string;
  readonly callBuffer: (...args: never[]) => Promise<unknown>;
  readonly connect: (...args: never[]) => Promise<unknown>;
  readonly once: (...args: never[]) => unknown;
}

interface Client {
  readonly status: string;
  readonly isCluster?: boolean;
  /** Of a cluster: which nodes answer what only reads. Scripts are run by masters. */
  readonly options?: { readonly scaleReads?: unknown };
  readonly stream?: { ref?(): unknown; unref?(): unknown; cork?(): unknown; uncork?(): unknown };
  evalshaBuffer(args: Argument[]): Promise<Reply>;
  evalBuffer(args: Argument[]): Promise<Reply>;
  getBuffer(args: Argument[]): Promise<Reply>;
  hmgetBuffer(args: Argument[]): Promise<Reply>;
  mgetBuffer(args: Argument[]): Promise<Reply>;
  exists(args: Argument[]): Promise<Reply>;
  publish(args: Argument[]): Promise<Reply>;
  connect(): Promise<void>;
  disconnect(): void;
  on(event: string, listener: (...args: never[]) => void): unknown;
  once(event: string, listener: (...args: never[]) => void): unknown;
  removeListener(event: string, listener: (...args: never[]) => void): unknown;
  duplicate(override: object): Client;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  /** Of a cluster. */
  nodes?(role: "master"): Client[];
}

/** For one life, and without a queue. */
const ONE_LIFE = {
  lazyConnect: true,
  retryStrategy: () => null,
  reconnectOnError: null,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  enableReadyCheck: false,
};

/** A connection over a client of the caller's; `undefined` when it is none of ioredis. */
export function adoptIoredis(given: object, patience: number): Connection | undefined {
  if (!hasMethods(given, "evalshaBuffer", "connect", "once") || !("status" in given)) return undefined;
  const client = given as Client;
  const ready = readiness(client, patience);
  return {
    isText: false,
    isCluster: client.isCluster === true,
    isOrdered: true,
    readsReplicas: client.isCluster === true && (client.options?.scaleReads ?? "master") !== "master",
    client,
    send: (command) => then(ready(), () => call(client, command)),
    gather: (sendAll) => gather(client, sendAll),
    async listen(ended) {
      await ready();
      const nodes = client.isCluster ? client.nodes?.("master") : [client];
      const node = nodes?.[Math.floor(Math.random() * nodes.length)];
      if (node === undefined) throw new RedisFailure("Redis failed: the cluster has no master");
      return listen(node, ended, patience);
    },
    close() {},
  };
}

/** The methods of commands, since `callBuffer` does not work with `enableAutoPipelining`. */
const METHODS = {
  EVALSHA: "evalshaBuffer",
  EVAL: "evalBuffer",
  GET: "getBuffer",
  HMGET: "hmgetBuffer",
  MGET: "mgetBuffer",
  EXISTS: "exists",
  PUBLISH: "publish",
} as const;

function call(client: Client, [name, ...args]: readonly Argument[]): Promise<Reply> {
  return client[METHODS[name as keyof typeof METHODS]](withBuffers(args));
}

/** The client writes each command by itself, and a write to a socket takes longer than all else that it does. */
function gather<T>({ stream }: Client, sendAll: () => T): T {
  stream?.cork?.();
  try {
    return sendAll();
  } finally {
    stream?.uncork?.();
  }
}

/** Waits until the client is ready, all who wait by the same listeners. */
function readiness(client: Client, patience: number): () => Promise<void> | undefined {
  let waiting: Promise<void> | undefined;
  return () => {
    if (client.status === "ready") return undefined;
    if (client.status === "end") throw new RedisFailure("Redis failed: the client is closed", "CLOSED");
    waiting ??= new Promise<void>((resolve, reject) => {
      const end = (step: () => void) => () => {
        waiting = undefined;
        client.removeListener("ready", done);
        client.removeListener("end", failed);
        step();
      };
      const done = end(resolve);
      const failed = end(() => reject(new RedisFailure("Redis failed: the client is closed", "CLOSED")));
      client.once("ready", done);
      client.once("end", failed);
      if (client.status === "wait") client.connect().catch(() => {});
    });
    waiting.catch(() => {});
    return within(waiting, patience, systemClock, () => {
      throw new RedisFailure(`Redis failed: the client was not ready within ${patience} ms`, "TIMEOUT");
    });
  };
}

async function listen(client: Client, ended: () => void, patience: number): Promise<Listener> {
  // Subscribing waits in the queue until the connection stands.
  const listener = client.duplicate({ ...ONE_LIFE, enableOfflineQueue: true, readOnly: false });
  const receivers = new Map<string, (text: string) => void>();
  let isOver = false;
  const over = () => {
    if (isOver) return;
    isOver = true;
    ended();
  };
  listener.on("error", () => {});
  listener.on("message", (channel: string, text: string) => receivers.get(channel)?.(text));
  try {
    await within(listener.connect(), patience, systemClock, () => {
      throw new RedisFailure(`Redis failed: no connection within ${patience} ms`, "TIMEOUT");
    });
  } catch (error) {
    isOver = true;
    listener.disconnect();
    throw error;
  }
  listener.on("end", over);
  listener.stream?.unref?.();
  return {
    async subscribe(channel, receive) {
      receivers.set(channel, receive);
      await listener.subscribe(channel);
    },
    async unsubscribe(channel) {
      receivers.delete(channel);
      await listener.unsubscribe(channel);
    },
    close() {
      isOver = true;
      listener.disconnect();
    },
  };
}

/** The package. */
export interface Ioredis {
  readonly Redis: new (options: object) => Client;
}

/** Opens a client of our own, for one life. */
export function openIoredis({ Redis }: Ioredis, place: Place, connectTimeout: number): OwnClient {
  const { host, port, username, password, database, tls } = place;
  const client = new Redis({
    ...ONE_LIFE,
    ...{ host, port, db: database },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    ...(Number.isFinite(connectTimeout) && { connectTimeout }),
  });
  // What connect() throws says only that the connection is closed.
  let cause: unknown;
  client.on("error", (error: unknown) => {
    cause ??= error;
  });
  return {
    client,
    isText: false,
    ready: client.connect().catch((error) => {
      throw cause ?? error;
    }),
    get isAlive() {
      return client.status === "ready";
    },
    send: (command) => call(client, command),
    hold(isHeld) {
      if (isHeld) client.stream?.ref?.();
      else client.stream?.unref?.();
    },
    listen: (ended) => listen(client, ended, connectTimeout),
    close: () => client.disconnect(),
  };
}
