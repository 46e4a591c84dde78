/**
 * The client that Bun has built in, `Bun.RedisClient`.
 *
 * It takes bytes, but what a script answers it reads as UTF-8: so payloads are kept as base64 and scripts escape those
 * that others have written. It knows no cluster.
 *
 * @module
 */
import { systemClock } from "../../src/clock.ts";
import { then } from "../../src/maybe.ts";
import { within } from "../../src/timeout.ts";
import { type Connection, hasMethods, type Listener } from "./connection.ts";
import { RedisFailure } from "./failure.ts";
import type { Argument, Reply } from "./link.ts";
import type { OwnClient, Place } from "./own.ts";

/** The slice of Bun's client that is used. */
export interface BunRedisClient {
  readonly connected: boolean;
  readonly send: (...args: never[]) => Promise<unknown>;
  readonly getBuffer: (...args: never[]) => Promise<unknown>;
  readonly connect: () => Promise<unknown>;
  readonly duplicate: () => Promise<unknown>;
}

interface Client {
  readonly connected: boolean;
  onconnect: (() => void) | undefined;
  onclose: ((error: unknown) => void) | undefined;
  send(command: string, args: Argument[]): Promise<Reply>;
  connect(): Promise<unknown>;
  duplicate(): Promise<Client>;
  subscribe(channel: string, listener: (text: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  close(): void;
}

/** A connection over a client of the caller's; `undefined` when it is none of Bun's. */
export function adoptBun(given: object, patience: number): Connection | undefined {
  if (!hasMethods(given, "send", "getBuffer", "connect", "duplicate") || !("connected" in given)) return undefined;
  const client = given as Client;
  let connecting: Promise<unknown> | undefined;
  const ready = (): Promise<unknown> | undefined => {
    if (client.connected) return undefined;
    connecting ??= client.connect().finally(() => {
      connecting = undefined;
    });
    connecting.catch(() => {});
    return bounded(connecting, patience);
  };
  return {
    isText: true,
    isCluster: false,
    isOrdered: true,
    client,
    send: (command) => then(ready(), () => call(client, command)),
    async listen(ended) {
      await ready();
      const duplicate = client.duplicate();
      try {
        return listenerOf(await bounded(duplicate, patience), ended, patience);
      } catch (error) {
        duplicate.then((late) => late.close()).catch(() => {});
        throw error;
      }
    },
    close() {},
  };
}

function bounded<T>(connecting: Promise<T>, patience: number): Promise<T> {
  return within(connecting, patience, systemClock, () => {
    throw new RedisFailure(`Redis failed: no connection within ${patience} ms`, "TIMEOUT");
  });
}

function call(client: Client, [name, ...args]: readonly Argument[]): Promise<Reply> {
  return client.send(name as string, args);
}

/** Bun connects again by itself, but does not subscribe again. */
async function listenerOf(client: Client, ended: () => void, patience: number): Promise<Listener> {
  let isOver = false;
  const over = () => {
    if (isOver) return;
    isOver = true;
    client.close();
    ended();
  };
  try {
    if (!client.connected) await bounded(client.connect(), patience);
  } catch (error) {
    client.close();
    throw error;
  }
  client.onconnect = over;
  client.onclose = over;
  return {
    subscribe: async (channel, receive) => void (await client.subscribe(channel, receive)),
    unsubscribe: async (channel) => void (await client.unsubscribe(channel)),
    close() {
      isOver = true;
      client.close();
    },
  };
}

type RedisClientClass = new (url: string, options: object) => Client;

/** The class, on Bun. */
export function bunClass(): RedisClientClass | undefined {
  return (globalThis as { Bun?: { RedisClient?: RedisClientClass } }).Bun?.RedisClient;
}

/** Opens a client of our own, for one life. */
export function openBun(RedisClient: RedisClientClass, place: Place, connectTimeout: number): OwnClient {
  const { host, port, username = "", password, database, tls } = place;
  const login = password === undefined ? "" : `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const options = {
    ...{ autoReconnect: false, enableOfflineQueue: false },
    ...(Number.isFinite(connectTimeout) && { connectionTimeout: connectTimeout }),
    ...(tls !== undefined && { tls: Object.keys(tls).length === 0 ? true : tls }),
  };
  const url = `${tls === undefined ? "redis" : "rediss"}://${login}${at}/${database}`;
  const client = new RedisClient(url, options);
  return {
    client,
    isText: true,
    ready: client.connect(),
    get isAlive() {
      return client.connected;
    },
    send: (command) => call(client, command),
    hold() {},
    async listen(ended) {
      return listenerOf(new RedisClient(url, options), ended, connectTimeout);
    },
    close: () => client.close(),
  };
}
