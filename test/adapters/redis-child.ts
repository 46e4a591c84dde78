/** A program that uses a cache in Redis and ends without closing it. */
import { redis, redisBus } from "../../adapters/redis.ts";
import { createCache, memory } from "../../mod.ts";

const [url = "", isListening = ""] = process.argv.slice(2);
const cache = createCache({
  name: "child",
  tiers: [memory(), redis(url)],
  ...(isListening === "bus" && { bus: redisBus(url) }),
});
await cache.set("k", "from the child", { ttl: "1h" });
console.log(await cache.get("k"));
