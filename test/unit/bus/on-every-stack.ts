import { defineBus } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { suites } from "../cache/on-every-stack.ts";
import { memoryAlone, memoryOverRemote, type Stack } from "../cache/stacks.ts";

/** A bus that nobody else is on. */
const bus = defineBus({ open: () => ({ send() {}, close() {} }) });

/** A cache with a bus is a cache like any other. */
const STACKS: readonly Stack[] = [memoryAlone, memoryOverRemote].map((stack) => ({
  ...stack,
  name: `${stack.name}+bus`,
  options: { bus },
}));

export const tests: TestCase[] = STACKS.flatMap((stack) => suites.flatMap((suite) => suite(stack)));
