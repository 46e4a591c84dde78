import { memory } from "../../src/memory/memory.ts";
import type { TestCase } from "../contract/mod.ts";
import { tierContract } from "../contract/mod.ts";

export const tests: TestCase[] = tierContract({
  name: "memory",
  create: () => ({ tier: memory() }),
  capabilities: { sync: true, keys: true },
  copies: false,
});
