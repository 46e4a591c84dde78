// A program of its own, in Deno: writes entries into a file and says of each that it was acknowledged, until it is killed.
import { denoKv } from "../../adapters/deno-kv.ts";
import { createCache } from "../../mod.ts";

// What takes longer than a tier may is no error of the call, and would be told as acknowledged.
const cache = createCache({ tiers: [denoKv(process.argv[2]!, { timeout: "forever" })] });
for (let n = 0; ; n++) {
  await cache.set(`k${n}`, "v".repeat(n % 2 === 0 ? 10 : 100_000));
  console.log(n);
}
