/**
 * What the tests of Upstash share: one Redis with a bridge before it for each file, clients, and open tiers.
 * Runs in Node, Bun and Deno.
 */
import { after, before, test } from "node:test";
import { Redis } from "@upstash/redis";
import { type UpstashOptions, upstash } from "../../adapters/upstash.ts";
import type { Tier, TierContext } from "../../mod.ts";
import { ok } from "../contract/assert.ts";
import { FAKE_START, type FakeClock, fakeClock, seededRandom } from "../contract/mod.ts";
import { reasonFor } from "../servers/available.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { connectRedis, type Wire } from "../servers/resp.ts";
import { startUpstashBridge, type UpstashBridge } from "../servers/upstash.ts";

/** Why there is no Redis here, or false. */
export const reason: string | false = reasonFor("redis");

/** Time budget of tiers that are not to run out of time, on a busy machine either. */
export const PATIENCE = "1m";

/** Requests of the tests have up to this many bytes, so that a value of 1 MiB fits. */
export const MAX_REQUEST_BYTES = 4_000_000;

export interface Served {
  redis: RedisServer;
  bridge: UpstashBridge;
  /** A raw connection to Redis. */
  wire: Wire;
}

/** The servers of a test file, from before its first test until after its last. */
export function served(maxRequestBytes: number = MAX_REQUEST_BYTES): Served {
  const all: Partial<Served> = {};
  before(async () => {
    if (reason) return;
    all.redis = await startRedis();
    all.bridge = await startUpstashBridge(all.redis, { maxRequestBytes });
    all.wire = await connectRedis(all.redis);
  });
  after(async () => {
    all.wire?.close();
    await all.bridge?.stop();
    await all.redis?.stop();
  });
  return all as Served;
}

/** A test that needs the servers. */
export function serverTest(name: string, run: () => unknown): void {
  test(name, { skip: reason }, async () => {
    await run();
  });
}

/** Ways to reach a database. */
export type Kind = "fetch" | "client" | "plain client";

export const KINDS: readonly Kind[] = ["fetch", "client", "plain client"];

/** What `upstash` takes to reach it: a place; the package's client as it is by default; or with all that helps switched off. */
export function targetOf(kind: Kind, { url, token }: { url: string; token: string }): Parameters<typeof upstash>[0] {
  if (kind === "fetch") return { url, token };
  if (kind === "client") return new Redis({ url, token, enableTelemetry: false });
  return new Redis({
    ...{ url, token, enableTelemetry: false, retry: false, responseEncoding: false },
    ...{ automaticDeserialization: false, enableAutoPipelining: false, readYourWrites: false },
  });
}

let made = 0;

/** A prefix that no other test uses. */
export function prefixes(): string {
  made += 1;
  return `t${made}`;
}

/** An open tier with what it reports. */
export interface OpenTier {
  readonly tier: Tier;
  readonly clock: FakeClock;
  readonly reports: { kind: string; error: unknown; key: string | undefined }[];
  /** Names of its keys begin with this. */
  readonly base: string;
}

/** Opens a tier as a cache would. */
export async function openTier(
  target: Parameters<typeof upstash>[0],
  options: UpstashOptions = {},
  cacheName = "test",
): Promise<OpenTier> {
  const { prefix = prefixes() } = options;
  return {
    ...(await opened(upstash(target, { timeout: PATIENCE, ...options, prefix }), cacheName)),
    base: `{${prefix}:${cacheName}}`,
  };
}

/** Opens any tier as a cache would. */
export async function opened(tier: Tier, cacheName = "test"): Promise<Omit<OpenTier, "base">> {
  const clock = fakeClock();
  const reports: OpenTier["reports"] = [];
  const context: TierContext = {
    cacheName,
    clock,
    random: seededRandom(1),
    removed() {},
    report: (kind, error, key) => reports.push({ kind, error, key }),
  };
  await tier.open!(context);
  return { tier, clock, reports };
}

export const now: number = FAKE_START;

/** Writes values that live for an hour from the start of the fake clock. */
export async function put(tier: Tier, values: Record<string, unknown>, tags: readonly string[] = []): Promise<void> {
  const end = now + 3_600_000;
  const ends = { freshUntil: end, staleUntil: end };
  const rest = { createdAt: now, tags, sequence: undefined, version: undefined, loadTime: 0 };
  const writes = Object.entries(values).map(([key, value]) => ({ key, entry: { value, ...ends, ...rest } }));
  await tier.setMany(await tier.prepare!(writes), now);
}

/** The values under keys; `undefined` for a miss. */
export async function values(tier: Tier, ...keys: string[]): Promise<unknown[]> {
  const { entries } = await tier.getMany(keys, { now });
  return entries.map((found) => found?.value);
}

/** What a call throws. */
export async function thrown(call: () => unknown): Promise<Error & { code?: string }> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("It must throw");
}

/** All that an error says, with its causes. */
export function allOf(error: unknown): string {
  let text = "";
  for (let one = error as Error | undefined; one !== undefined; one = one.cause as Error | undefined)
    text += `${one.name} ${one.message} ${one.stack} ${JSON.stringify(one)}\n`;
  return text;
}

/** Ends when a condition is true; fails after a minute. */
export async function until(what: string, condition: () => unknown): Promise<void> {
  for (const end = performance.now() + 60_000; !(await condition()); ) {
    ok(performance.now() < end, `${what} must happen within a minute`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
