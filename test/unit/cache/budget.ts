import type { Open, Stack } from "./stacks.ts";

/** The budget of the tier at the bottom in these tests, in milliseconds. */
export const BUDGET = 2000;

const opener =
  (open: Open) =>
  (options: Parameters<Open>[0] = {}) => {
    const rig = open({ ...options, lower: { timeout: BUDGET, ...options.lower } });
    return { ...rig, faults: rig.lower!.faults };
  };

/** A test with rigs whose lower tier has a budget. */
export const faulty =
  (run: (open: ReturnType<typeof opener>, stack: Stack) => Promise<void>) => (open: Open, stack: Stack) =>
    run(opener(open), stack);
