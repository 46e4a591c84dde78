// The bus: what one process changes, another one drops from its memory when the message is there.
import { redisBus } from "../../adapters/redis.ts";
import { upstash, upstashBus } from "../../adapters/upstash.ts";
import { type Bus, type Cache, createCache, memory } from "../../mod.ts";
import { ok, same, throws } from "../contract/assert.ts";
import { startProxy } from "../servers/proxy.ts";
import { PATIENCE, served, serverTest, until } from "./upstash-fixture.ts";

const servers = served();

/** A cache whose memory asks nobody, so that only the bus tells it of what others change. */
function open(name: string, bus: Bus): Cache {
  const { url, token } = servers.bridge;
  return createCache({
    name,
    tiers: [memory(), upstash({ url, token }, { timeout: PATIENCE })],
    bus,
    coherence: "forever",
  });
}

/** Two caches that hear each other. */
async function pair(
  name: string,
  first: Bus,
  second: Bus,
): Promise<{ one: Cache; two: Cache; close(): Promise<void> }> {
  const [one, two] = [open(name, first), open(name, second)];
  let round = 0;
  // Each has an older one in memory when the other sets it anew.
  await one.set("probe", round);
  same(await two.get("probe"), round);
  for (const [from, to] of [
    [one, two],
    [two, one],
  ] as const) {
    round++;
    await until("each must hear the other", async () => {
      await from.set("probe", round);
      return (await to.get("probe")) === round;
    });
  }
  return {
    one,
    two,
    async close() {
      await one.close();
      await two.close();
    },
  };
}

serverTest("a set, a deletion and an invalidation by tag are heard, whichever text the key is", async () => {
  const { url, token } = servers.bridge;
  const { one, two, close } = await pair("heard", upstashBus({ url, token }), upstashBus(url, { token }));
  const key = 'odd, "key"\n🗝️';
  await one.set(key, 1, { tags: ["täg"] });
  same(await two.get(key), 1);
  await one.set(key, 2, { tags: ["täg"] });
  await until("the new value", async () => (await two.get(key)) === 2);
  await two.invalidateTags(["täg"]);
  await until("the invalidation", async () => (await one.get(key)) === undefined);
  await close();
});

serverTest("redisBus and upstashBus on one database hear each other", async () => {
  const { one, two, close } = await pair("both", upstashBus(servers.bridge), redisBus(servers.redis.url));
  await two.set("key", 1);
  same(await one.get("key"), 1);
  await two.delete("key");
  await until("the deletion", async () => (await one.get("key")) === undefined);
  await close();
});

serverTest("what was missed while the channel was lost is made good when it stands again", async () => {
  const proxy = await startProxy(servers.bridge.port);
  const { token } = servers.bridge;
  const bus = upstashBus({ url: `http://127.0.0.1:${proxy.port}`, token });
  const { one, two, close } = await pair("lost", upstashBus(servers.bridge), bus);
  // Its own writes are news for others alone.
  await two.set("key", 1);
  await proxy.mode("refuse");
  await two.set("other", 1);
  await one.set("key", 2);
  same(await two.get("key"), 1, "nobody has told it");
  await proxy.mode("pass");
  await until("the missed value", async () => (await two.get("key")) === 2);
  await close();
  await proxy.stop();
});

serverTest("a message that is too large for a request is told as a change of everything", async () => {
  const { one, two, close } = await pair("large", upstashBus(servers.bridge), upstashBus(servers.bridge));
  await one.set("key", 1);
  same(await two.get("key"), 1);
  const keys = Array.from({ length: 900 }, (_, index) => `${index}${"k".repeat(250)}`);
  await one.setMany(["key", ...keys].map((key) => ({ key, value: 2 })));
  await until("the new value", async () => (await two.get("key")) === 2);
  const published = servers.bridge.log.flatMap(({ commands }) => commands).filter(([name]) => name === "PUBLISH");
  ok(published.every(([, , text]) => text!.length < 200_000));
  await close();
});

serverTest(
  "a bus that cannot be reached leaves the cache as it is, tells of it, and has no secrets in it",
  async () => {
    const token = "AX-secret-token";
    const cache = open("unreachable", upstashBus({ url: servers.bridge.url, token }, { timeout: PATIENCE }));
    const errors: unknown[] = [];
    cache.on("error", ({ error, operation }) => operation === "bus" && errors.push(error));
    await cache.set("key", 1);
    same(await cache.get("key"), 1);
    await until("the error", () => errors.length > 0);
    ok(/WRONGPASS/.test(String(errors[0])) && !String(errors[0]).includes(token));
    await cache.close();
  },
);

serverTest("options that cannot be used are refused", () => {
  throws(() => upstashBus("https://x"), "CONFIG");
  throws(() => upstashBus("redis://x", { token: "t" }), "CONFIG");
  throws(() => upstashBus("https://x", { token: "t", prefix: "{" }), "CONFIG");
  throws(() => upstashBus("https://x", { token: "t", timeout: -1 }), "CONFIG");
});
