import { ConfigError, createCache, memory, pollingBus } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, ok, same, suite, throws } from "../../contract/mod.ts";
import { CHANGES } from "./changes.ts";
import { fill, hasJournal, onStacks, STACKS } from "./pair.ts";

export const tests: TestCase[] = [
  ...onStacks(
    "pollingBus",
    STACKS.filter((stack) => hasJournal(stack)),
    {
      "what another changes is served no longer than the pause": async (open, stack) => {
        for (const [what, change] of Object.entries(CHANGES)) {
          const pair = open({ bus: pollingBus({ every: "300ms" }) });
          const { a, b, clock, errors } = pair;
          await fill(pair, stack);
          await clock.advance(300);
          same(await b.get("k"), "old");
          await change(a);
          await clock.advance(299);
          same(await b.get("k"), "old", what);
          await clock.advance(1);
          const meta = await b.meta("k", { tier: "memory" });
          ok(!meta || (meta.stale && what.includes("expire")), what);
          equal(errors, []);
        }
      },
      "calls do not look": async (open, stack) => {
        const pair = open({ bus: pollingBus() });
        const { b, clock, lower } = pair;
        await fill(pair, stack);
        lower[1]!.faults.resetCalls();
        for (let i = 0; i < 50; i++) await b.get("k");
        same(lower[1]!.faults.calls.journal, 0);
        await clock.advance("1s");
        same(lower[1]!.faults.calls.journal, 10);
      },
      "it begins with the first call, on a timer that keeps no process alive, and ends with the cache": async (
        open,
      ) => {
        const { a, b, clock, lower } = open({ bus: pollingBus() });
        same(clock.pendingTimers, 0);
        await a.get("k");
        equal([clock.pendingTimers, clock.foregroundTimers], [1, 0]);
        await clock.advance("10s");
        equal([clock.pendingTimers, clock.foregroundTimers], [1, 0]);
        await a.close();
        same(clock.pendingTimers, 0);
        lower[0]!.faults.resetCalls();
        await clock.advance("10s");
        same(lower[0]!.faults.calls.journal, 0);
        await b.close();
        same(clock.pendingTimers, 0);
      },
      "a look that fails is an error event at most, and the next works": async (open, stack) => {
        for (const fault of ["throw", "reject", "hang"] as const) {
          if (stack.name === "memory+map" && fault === "hang") continue;
          const pair = open({ bus: pollingBus() });
          const { a, b, clock, errors, lower } = pair;
          await fill(pair, stack);
          lower[1]!.faults.fail({ journal: fault });
          await a.delete("k");
          await clock.advance("3s");
          same(await b.get("k"), "old", fault);
          ok(errors.length > 0, fault);
          lower[1]!.faults.heal();
          await clock.advance("10s");
          same(await b.get("k"), undefined, fault);
        }
      },
      "a look that takes longer than the pause is followed by one other": async (open, stack) => {
        if (stack.name === "memory+map") return;
        const pair = open({ bus: pollingBus() });
        const { b, clock, lower } = pair;
        await fill(pair, stack);
        lower[1]!.faults.resetCalls();
        lower[1]!.faults.fail({ journal: { delay: "450ms" } });
        await clock.advance("900ms");
        same(lower[1]!.faults.calls.journal, 2);
        const closed = b.close();
        await clock.advance("5s");
        await closed;
      },
    },
  ),
  ...suite("pollingBus", {
    "a wrong pause is refused": () => {
      for (const every of [0, -1, "0s", Infinity, "forever", "soon", Number.NaN, true] as never[])
        throws(() => pollingBus({ every }), "CONFIG");
      throws(() => pollingBus(null as never), "CONFIG");
    },
    "without a tier that keeps a journal it is refused": () => {
      const lists = [() => [memory()], () => [memory(), mapTier()]];
      for (const tiers of lists) {
        const error = throws(
          () => createCache({ tiers: tiers(), bus: pollingBus(), clock: fakeClock() }),
          ConfigError,
        ) as ConfigError;
        same(error.option, "bus");
        ok(error.message.includes("journal") && error.message.includes("memory"), error.message);
      }
    },
    "where timers end with the request it is refused": () => {
      const { EdgeRuntime, navigator } = globalThis as { EdgeRuntime?: unknown; navigator?: { userAgent?: string } };
      const isEdge = EdgeRuntime !== undefined || navigator?.userAgent === "Cloudflare-Workers";
      const make = () => createCache({ tiers: [memory(), mapTier({ data: mapData() })], bus: pollingBus() });
      if (isEdge) throws(make, "CONFIG");
      else make();
    },
  }),
];
