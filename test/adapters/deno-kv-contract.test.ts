import { denoKv } from "../../adapters/deno-kv.ts";
import { tierContract } from "../contract/mod.ts";
import { kvTest, newPath, openRaw, reason } from "./deno-kv-fixture.ts";

const CAPABILITIES = { keys: true, tags: true, leases: true, journal: true, durable: true, shared: true } as const;

/** Others make more changes than one look takes. */
async function flood(path: string): Promise<void> {
  const kv = await openRaw(path);
  const change = { origin: 1, change: { by: "keys", keys: ["x"] } };
  for (let n = 0; n < 1_000; n++) await kv.set(["tiercel", "journal", kv.commitVersionstamp()], change);
  kv.close();
}

const suites = [
  tierContract({
    name: "denoKv in a file",
    capabilities: CAPABILITIES,
    copies: true,
    create() {
      const { path, remove } = newPath();
      return { tier: denoKv(path), reopen: () => denoKv(path), flood: () => flood(path), dispose: remove };
    },
  }),
  tierContract({
    name: "denoKv on the caller's handle",
    capabilities: CAPABILITIES,
    copies: true,
    async create() {
      const kv = await openRaw(":memory:");
      return {
        tier: denoKv(kv, { prefix: "app cache" }),
        reopen: () => denoKv(kv, { prefix: "app cache" }),
        dispose: () => kv.close(),
      };
    },
  }),
];

if (reason === false) {
  for (const { name, run, skip } of suites.flat()) kvTest(name, run, skip ?? false);
} else {
  kvTest("tier contract of denoKv", () => {});
}
