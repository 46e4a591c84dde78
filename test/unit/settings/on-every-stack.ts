import type { TestCase } from "../../contract/mod.ts";
import { STACKS, type StackSuite } from "../cache/stacks.ts";
import { clears } from "./clear.ts";
import { configuring } from "./configure.ts";
import { disabling } from "./disable.ts";
import { defaults } from "./tags.ts";

/** The suites of what is set while a cache is at work, which hold on any stack of tiers. */
export const suites: readonly StackSuite[] = [defaults, configuring, clears, disabling];

export const tests: TestCase[] = STACKS.flatMap((stack) => suites.flatMap((suite) => suite(stack)));
