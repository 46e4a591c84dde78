import { busOver } from "../../../adapters/redis/bus.ts";
import { type Connection, type Listener, linkOf } from "../../../adapters/redis/connection.ts";
import { adoptIoredis } from "../../../adapters/redis/ioredis.ts";
import { createCache, memory } from "../../../mod.ts";
import { equal, same } from "../../contract/assert.ts";
import { settle } from "../../contract/settle.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** A client of ioredis, or a cluster with these options. */
function ioredis(options?: object): object {
  const nothing = () => {};
  const client = { status: "ready", evalshaBuffer: nothing, connect: nothing, once: nothing };
  return options === undefined ? client : { ...client, isCluster: true, options };
}

/** Where to listen; attempts end as they are told. */
function hub() {
  const attempts: { stands(): void; fails(): void }[] = [];
  const waiting: (() => void)[] = [];
  const listener: Listener = { subscribe: async () => {}, unsubscribe: async () => {}, close() {} };
  const connection: Connection = {
    ...{ isText: true, isCluster: false, isOrdered: true, client: undefined },
    send: () => 0,
    listen: () =>
      new Promise((resolve, reject) => {
        attempts.push({ stands: () => resolve(listener), fails: () => reject(new Error("no")) });
        waiting.shift()?.();
      }),
    close() {},
  };
  const bus = busOver(connection, "test");
  return {
    attempts,
    cache: () => createCache({ tiers: [memory()], bus, ttl: "1m" }),
    /** Ends with the next attempt. */
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
}

export const tests: TestCase[] = suite("redis links", {
  "reads past the script alone where what it reads is answered by the server that runs it"() {
    const reads = (client: object) => linkOf(adoptIoredis(client, 1_000)!).together !== undefined;
    equal([reads(ioredis()), reads(ioredis({})), reads(ioredis({ scaleReads: "master" }))], [true, true, true]);
    for (const scaleReads of ["slave", "all", () => undefined]) same(reads(ioredis({ scaleReads })), false);
  },
  async "connects the bus again when an attempt failed whose last listener had left, and another had come"() {
    const { attempts, cache, next } = hub();
    const first = cache();
    await first.set("k", 1);
    same(attempts.length, 1);
    await first.close();
    const second = cache();
    await second.set("k", 1);
    const again = next();
    attempts[0]!.fails();
    await again;
    same(attempts.length, 2);
    attempts[1]!.stands();
    await second.close();
  },
  async "connects the bus no more when an attempt failed and nobody listens"() {
    const { attempts, cache } = hub();
    const only = cache();
    await only.set("k", 1);
    await only.close();
    attempts[0]!.fails();
    await settle();
    same(attempts.length, 1);
    const later = cache();
    await later.set("k", 1);
    same(attempts.length, 2, "the next who comes begins another at once");
    attempts[1]!.stands();
    await later.close();
  },
});
