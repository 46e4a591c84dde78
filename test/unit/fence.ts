import * as fc from "fast-check";
import { Fence } from "../../src/fence.ts";
import type { TestCase } from "../contract/mod.ts";
import { same, suite } from "../contract/mod.ts";

export const tests: TestCase[] = suite("fence", {
  "a ticket passes until its key is marked": () => {
    const fence = new Fence();
    const ticket = fence.enter();
    same(fence.passes("k", ticket), true);
    fence.mark("k");
    same(fence.passes("k", ticket), false);
    same(fence.passes("other", ticket), true);
    same(fence.passes("k", fence.enter()), true);
  },
  "markAll fences every key, and later tickets pass": () => {
    const fence = new Fence();
    const ticket = fence.enter();
    fence.markAll();
    same(fence.passes("k", ticket), false);
    const later = fence.enter();
    same(fence.passes("k", later), true);
    fence.mark("k");
    same(fence.passes("k", later), false);
    same(fence.passes("other", later), true);
  },
  "markAll counts when no ticket is out, too": () => {
    const fence = new Fence();
    const ticket = fence.enter();
    fence.leave();
    fence.markAll();
    same(fence.passes("k", ticket), false);
    same(fence.passes("k", fence.enter()), true);
  },
  "marks stay while any earlier ticket is out": () => {
    const fence = new Fence();
    const early = fence.enter();
    const other = fence.enter();
    fence.mark("k");
    fence.leave();
    same(fence.passes("k", early), false);
    same(fence.passes("k", other), false);
    fence.leave();
    same(fence.passes("k", fence.enter()), true);
  },
  "more marks than are remembered fence off everything that is under way": () => {
    const fence = new Fence();
    const ticket = fence.enter();
    for (let i = 0; i < 10_001; i++) fence.mark(`k${i}`);
    same(fence.passes("k0", ticket), false);
    same(fence.passes("never marked", ticket), false);
    const later = fence.enter();
    same(fence.passes("k0", later), true);
    fence.mark("k0");
    same(fence.passes("k0", later), false);
    same(fence.passes("k1", later), true);
  },
  "it never lets through what a plain record of all marks would not": () => {
    const step = fc.oneof(
      fc.constant({ do: "enter" as const }),
      fc.record({ do: fc.constant("leave" as const), which: fc.nat(10) }),
      fc.record({ do: fc.constant("mark" as const), key: fc.constantFrom("a", "ab", "c") }),
      fc.record({ do: fc.constant("markAll" as const), prefix: fc.constantFrom("", "a", "b") }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
        const fence = new Fence();
        const out: { ticket: number; at: number }[] = [];
        const marks: { fits(key: string): boolean; at: number }[] = [];
        let at = 0;
        for (const step of steps) {
          at++;
          if (step.do === "enter") out.push({ ticket: fence.enter(), at });
          else if (step.do === "mark") {
            fence.mark(step.key);
            marks.push({ fits: (key) => key === step.key, at });
          } else if (step.do === "markAll") {
            fence.markAll(step.prefix);
            marks.push({ fits: (key) => key.startsWith(step.prefix), at });
          } else if (out.length > 0) {
            out.splice(step.which % out.length, 1);
            fence.leave();
          }
          for (const { ticket, at: since } of out) {
            for (const key of ["a", "ab", "c"]) {
              const marked = marks.some((mark) => mark.at > since && mark.fits(key));
              same(fence.passes(key, ticket), !marked, `${key} at step ${at}`);
            }
          }
        }
      }),
      { seed: 20261121, numRuns: 1000 },
    );
  },
});
