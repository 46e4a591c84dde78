import { after, test } from "node:test";
import { unstorage } from "../../adapters/unstorage.ts";
import { tierContract } from "../contract/mod.ts";
import { kinds } from "./unstorage-drivers.ts";

for (const kind of kinds) {
  const suite = tierContract({
    name: `unstorage, ${kind.name}`,
    capabilities: { keys: true, shared: true, durable: kind.options?.durable ?? false },
    ...(kind.leftOut && { skip: kind.leftOut }),
    async create() {
      const { storage, options, dispose } = await kind.make();
      const all = { ...kind.options, ...options };
      return { tier: unstorage(storage, all), reopen: () => unstorage(storage, all), dispose };
    },
  });
  for (const { name, run, skip } of suite) {
    test(name, { skip: (kind.skip || skip) ?? false }, async () => {
      await run();
    });
  }
}

after(async () => {
  for (const { end } of kinds) await end?.();
});
