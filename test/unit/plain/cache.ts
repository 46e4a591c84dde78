import { plainStore } from "../../../adapters/plain/store.ts";
import { memory, type Tier, type TierOptions } from "../../../mod.ts";
import { bytes } from "../../../src/bytes/bytes.ts";
import type { TestCase } from "../../contract/mod.ts";
import { suites } from "../cache/on-every-stack.ts";
import { faulty, type Stack } from "../cache/stacks.ts";
import { mapDriver } from "./map-driver.ts";

/** The whole cache on a plain store that takes its time. */
const stack: Stack = {
  name: "memory+plain store",
  depth: 2,
  shared: true,
  tags: false,
  store() {
    const { records } = mapDriver();
    const tier = ({ name = "plain", ...options }: TierOptions): Tier =>
      bytes(
        plainStore({
          name,
          capabilities: { keys: true, shared: true, durable: true },
          options,
          driver: mapDriver({ records }),
        }),
      );
    return { tiers: ({ upper = {}, lower = {} }) => [memory(upper), faulty(tier(lower))] };
  },
};

export const tests: TestCase[] = suites.flatMap((suite) => suite(stack));
