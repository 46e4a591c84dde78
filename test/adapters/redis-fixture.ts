/** What the tests of Redis share: clients of all kinds, raw connections, open tiers. */
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster } from "redis";
import { type RedisOptions, type RedisTarget, redis } from "../../adapters/redis.ts";
import type { Entry, Tier, TierContext, Write } from "../../mod.ts";
import { type FakeClock, fakeClock, seededRandom } from "../contract/mod.ts";
import { reasonFor } from "../servers/available.ts";
import { connectRedis, type Wire } from "../servers/resp.ts";

export type { Wire } from "../servers/resp.ts";
export { until } from "./until.ts";

/** Why there is no Redis here, or false. */
export const reason: string | false = reasonFor("redis");

type BunClient = RedisTarget & { connect(): Promise<void>; close(): void; readonly connected: boolean };

interface BunGlobal {
  readonly RedisClient: new (url: string, options?: object) => BunClient;
}

/** Time budget of tiers that are not to run out of time, on a busy machine either. */
export const PATIENCE = "1m";

/** Bun's own things, on Bun. */
export const bun: BunGlobal | undefined = (globalThis as { Bun?: BunGlobal }).Bun;

export type Kind = "node-redis" | "ioredis" | "bun";

/** The clients that this runtime has. */
export const clients: readonly Kind[] = bun ? ["node-redis", "ioredis", "bun"] : ["node-redis", "ioredis"];

export interface OpenClient {
  readonly client: RedisTarget;
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  close(): Promise<void>;
}

const all = new Set<Pick<OpenClient, "close">>();

/**
 * Closes all clients that were made, so that a test that failed before it closed its own does not keep the process
 * alive.
 */
export async function closeClients(): Promise<void> {
  for (const client of all) await client.close();
}

/** A client of a kind that is not connected yet. `listens` is false for one without a listener for errors. */
export function makeClient(kind: Kind, url: string, options: object = {}, listens = true): OpenClient {
  const made = clientOf(kind, url, options, listens);
  all.add(made);
  return made;
}

function clientOf(kind: Kind, url: string, options: object, listens: boolean): OpenClient {
  if (kind === "bun") {
    const client = new bun!.RedisClient(url, options);
    return {
      client,
      get isOpen() {
        return client.connected;
      },
      connect: () => client.connect(),
      close: async () => client.close(),
    };
  }
  if (kind === "ioredis") {
    const client = new Redis(url, { ...options, lazyConnect: true });
    client.on("error", () => {});
    return {
      client,
      get isOpen() {
        return client.status !== "wait" && client.status !== "end";
      },
      connect: () => client.connect(),
      close: async () => client.disconnect(),
    };
  }
  const client = createClient({ url, ...options });
  if (listens) client.on("error", () => {});
  return {
    client,
    get isOpen() {
      return client.isOpen;
    },
    connect: () => client.connect(),
    close: async () => client.destroy(),
  };
}

/** A connected client of a kind. */
export async function openClient(kind: Kind, url: string, options: object = {}): Promise<OpenClient> {
  const made = makeClient(kind, url, options);
  await made.connect();
  return made;
}

/** A connected client of a cluster. */
export async function openCluster(
  kind: "node-redis" | "ioredis",
  nodes: readonly { readonly host: string; readonly port: number }[],
): Promise<Pick<OpenClient, "client" | "close">> {
  const made = clusterOf(kind, nodes);
  all.add(made);
  await made.client.connect();
  return made;
}

function clusterOf(kind: "node-redis" | "ioredis", nodes: readonly { readonly host: string; readonly port: number }[]) {
  if (kind === "ioredis") {
    const client = new Cluster([...nodes], { lazyConnect: true });
    return { client, close: async () => client.disconnect() };
  }
  const client = createCluster({ rootNodes: nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` })) });
  client.on("error", () => {});
  return { client, close: async () => client.destroy() };
}

let made = 0;

/** A prefix that no other test uses. */
export function prefixes(): string {
  made += 1;
  return `t${made}`;
}

/** A raw connection to a server. */
export function openWire(server: {
  readonly port: number;
  readonly password?: string | undefined;
  readonly ca?: string | undefined;
}): Promise<Wire> {
  return connectRedis({ port: server.port, password: server.password, ca: server.ca });
}

/** An open tier with what it reports, and the things that tests do to it. */
export interface OpenTier {
  readonly tier: Tier;
  readonly clock: FakeClock;
  readonly reports: { kind: string; error: unknown; key: string | undefined }[];
  /** Names of its keys begin with this. */
  readonly base: string;
  /** Writes one entry; answers the keys that were refused. */
  put(key: string, value: unknown, fields?: Partial<Entry>, lease?: number): Promise<readonly string[]>;
  putAll(keys: readonly string[], value: unknown, fields?: Partial<Entry>): Promise<void>;
  values(...keys: string[]): Promise<unknown[]>;
  sequence(): Promise<number>;
  lease(key: string): Promise<number | undefined>;
  invalidate(...tags: string[]): Promise<number>;
}

/** Opens a tier as a cache would. */
export async function openTier(
  target: RedisTarget,
  options: RedisOptions = {},
  { cacheName = "test", clock = fakeClock() }: { cacheName?: string; clock?: FakeClock } = {},
): Promise<OpenTier> {
  const { prefix = prefixes() } = options;
  const tier = redis(target, { timeout: PATIENCE, ...options, prefix });
  const reports: OpenTier["reports"] = [];
  const context: TierContext = {
    cacheName,
    clock,
    random: seededRandom(1),
    removed() {},
    report: (kind, error, key) => reports.push({ kind, error, key }),
  };
  await tier.open!(context);
  const now = clock.now;
  const entry = (value: unknown, fields: Partial<Entry> = {}): Entry => ({
    ...{ value, createdAt: now(), freshUntil: now() + 600_000, staleUntil: now() + 600_000, tags: [] },
    ...{ sequence: undefined, version: undefined, loadTime: 0 },
    ...fields,
  });
  const write = async (writes: readonly Write[]) => tier.setMany(await tier.prepare!(writes), now());
  return {
    tier,
    clock,
    reports,
    base: `{${prefix}:${cacheName}}`,
    async put(key, value, fields, lease) {
      return (await write([{ key, entry: entry(value, fields), lease }])).refused ?? [];
    },
    async putAll(keys, value, fields) {
      await write(keys.map((key) => ({ key, entry: entry(value, fields) })));
    },
    async values(...keys) {
      return (await tier.getMany(keys, { now: now() })).entries.map((found) => found?.value);
    },
    async sequence() {
      return (await tier.getMany([], { now: now(), sequence: true })).sequence!;
    },
    async lease(key) {
      return (await tier.getMany([key], { now: now(), lease: 10_000 })).leases![0];
    },
    async invalidate(...tags) {
      return tier.invalidate!({ tags, match: "any", mode: "delete", now: now(), after: 0 });
    },
  };
}

/** All keys of a database that begin with a text. */
export async function keysOf(wire: Wire, prefix = ""): Promise<string[]> {
  const names = (await wire.send("KEYS", "*")) as Uint8Array[];
  return names
    .map((name) => Buffer.from(name).toString())
    .filter((name) => name.startsWith(prefix))
    .sort();
}
