/** Writes and reads in the memcached that it is given, and ends without closing its cache. */
import { memcached } from "../../adapters/memcached.ts";
import { createCache } from "../../mod.ts";

const [address, prefix] = process.argv.slice(-2) as [string, string];
const cache = createCache({ tiers: [memcached(address, { prefix, timeout: "1m" })] });
await cache.set("k", "from the child");
console.log(await cache.get("k"));
