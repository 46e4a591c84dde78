import { type Cache, CodecError, createCache, defineBus, defineTier, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, ok, rejects, same, settle, suite, throws } from "../../contract/mod.ts";
import { faulty, remoteTier } from "../cache/stacks.ts";
import { deferred, stateOf } from "../cache/tools.ts";
import { network } from "./network.ts";
import { fill, hasJournal, onStacks, STACKS } from "./pair.ts";

/** Tests with a look into the journal that takes its time, or fails. */
const LOOKS: readonly (typeof STACKS)[number][] = STACKS.filter((stack) => hasJournal(stack));

export const tests: TestCase[] = [
  ...onStacks("bus in trouble", STACKS, {
    "a channel that cannot carry is an error event, and nobody's concern": async (open) => {
      const ways: Record<string, () => void | Promise<void>> = {
        throws: () => {
          throw new Error("closed");
        },
        rejects: () => Promise.reject(new Error("closed")),
      };
      for (const [way, onSend] of Object.entries(ways)) {
        const { a, net, clock, errors } = open();
        const operations: string[] = [];
        a.on("error", ({ operation }) => operations.push(operation));
        net.onSend = onSend;
        await a.set("k", 1);
        same(await a.delete("k"), true);
        await a.invalidateTags("t");
        await a.clear();
        await clock.settle();
        ok(errors.length >= 4, way);
        ok(
          operations.every((operation) => operation === "bus"),
          way,
        );
      }
    },
    "nobody waits for the channel": async (open) => {
      const { a, net, clock } = open();
      const sent = deferred();
      net.onSend = () => sent.promise;
      await a.set("k", 1);
      await a.delete("k");
      same(net.parcels.length, 2);
      const closed = a.close();
      await clock.settle();
      same(net.joined.length, 1, "what is on its way when the cache is closed is waited for");
      sent.resolve();
      await closed;
      equal(net.joined, []);
    },
    "what could not be said is made good by the next that can": async (open, stack) => {
      const pair = open();
      const { a, b, net, clock } = pair;
      const fails = () => {
        throw new Error("closed");
      };
      for (const onSend of [fails, async () => fails()]) {
        await fill(pair, stack);
        net.onSend = onSend;
        await a.delete("k");
        // What fails late was sent all the same, in this network.
        net.parcels.length = 0;
        await clock.settle();
        same(await b.get("k"), "old");
        net.onSend = () => {};
        await a.delete("something else");
        net.deliver();
        await clock.settle();
        same(await b.get("k"), undefined);
        // Once is enough.
        await fill(pair, stack);
        await a.delete("something else");
        net.deliver();
        await clock.settle();
        same(await b.get("untouched"), 1);
        if (!hasJournal(stack)) same((await b.meta("untouched"))?.tier, "memory");
      }
    },
    "a channel that cannot be joined is tried again after a second, and then anything may have changed": async (
      open,
      stack,
    ) => {
      const pair = open();
      const { a, b, net, clock, errors } = pair;
      let tries = 0;
      net.onOpen = () => {
        tries++;
        throw new Error("no network");
      };
      await fill(pair, stack);
      equal([tries, errors.length], [2, 2]);
      await clock.advance(999);
      await b.get("k");
      await b.has("k");
      same(tries, 2);
      await a.set("k", "new");
      await clock.advance(1);
      net.onOpen = () => {};
      await b.has("any");
      await clock.settle();
      same(net.opened, 1);
      same(await b.get("k"), stack.shared ? "new" : undefined);
      // Of what it said to nobody, it tells the first time that it can.
      net.parcels.length = 0;
      await a.delete("any");
      same(net.opened, 2);
      ok(net.parcels.some(({ text }) => JSON.parse(text).news[0].prefix === ""));
    },
  }),
  ...onStacks("looks for a bus", LOOKS, {
    "a message that comes during a look, begun before the change, is not lost": async (open, stack) => {
      if (stack.name === "memory+map") return;
      for (const coherence of ["forever", "1s"]) {
        const pair = open({ coherence });
        const { a, b, net, clock, lower } = pair;
        await fill(pair, stack);
        // It has read the journal, but has not answered.
        lower[1]!.faults.fail({ journal: "mute" }, 1);
        net.inject({ origin: "x", news: [] });
        await clock.settle();
        await a.delete("k");
        net.deliver();
        await clock.settle();
        lower[1]!.faults.release();
        await clock.settle();
        same(await b.get("k"), undefined, coherence);
      }
    },
    "a look that fails is made good within a second, also with a bound of forever": async (open, stack) => {
      const pair = open();
      const { a, b, net, clock, lower, errors } = pair;
      await fill(pair, stack);
      lower[1]!.faults.fail({ journal: "throw" }, 1);
      await a.delete("k");
      net.deliver();
      await clock.settle();
      same(await b.get("k"), "old");
      same(errors.length, 1);
      await clock.advance("1s");
      same(await b.get("k"), undefined);
      lower[1]!.faults.resetCalls();
      await clock.advance("1d");
      await b.get("k");
      same(lower[1]!.faults.calls.journal, 0, "it is looked into no more after that");
    },
  }),
  ...suite("bus", {
    "what is no bus is refused": () => {
      for (const bus of [null, {}, "broadcast", { attach: 5 }, network()] as never[])
        throws(() => createCache({ bus }), "CONFIG");
      for (const transport of [undefined, null, {}, { open: 5 }] as never[])
        throws(() => defineBus(transport), "CONFIG");
    },
    "a change that was refused before anything was changed is told to nobody": async () => {
      const net = network();
      const prepare = (): never => {
        throw new CodecError("Cannot encode value");
      };
      for (const prepared of [prepare, async () => prepare()]) {
        const tiers = [memory(), defineTier({ ...mapTier(), prepare: prepared })];
        const cache = createCache({ tiers, bus: net.bus, clock: fakeClock(), sweepInterval: 0 });
        await rejects(cache.set("k", 1), "CODEC");
        equal(net.parcels, []);
        await cache.close();
      }
    },
    "a transport that goes on after its end is heard no more, and one that takes its time to end is waited for":
      async () => {
        const ended = deferred();
        let receive!: (message: unknown) => void;
        const bus = defineBus({
          open(_, take) {
            receive = take;
            return { send() {}, close: () => ended.promise };
          },
        });
        const tier = mapTier();
        const tiers = [memory(), tier];
        const cache = createCache({ tiers, bus, clock: fakeClock(), sweepInterval: 0 });
        await cache.set("k", 1);
        const closed = cache.close();
        same(await stateOf(closed, settle), "pending");
        const cleared: unknown[] = [];
        Object.assign(tiers[0]!, { clear: (prefix: string) => cleared.push(prefix) });
        receive({ origin: "x", news: [{ by: "prefix", prefix: "" }] });
        equal(cleared, []);
        ended.resolve();
        await closed;
      },
    "what is read while a tier between memory and the shared one drops it is not in memory after that": async () => {
      const changes: Record<string, (cache: Cache) => Promise<unknown>> = {
        delete: (cache) => cache.delete("k"),
        clear: (cache) => cache.clear(),
      };
      for (const [what, change] of Object.entries(changes)) {
        const { bus, deliver } = network();
        const clock = fakeClock();
        const data = mapData();
        const options = { bus, clock, coherence: "forever", sweepInterval: 0 } as const;
        const between = faulty(remoteTier(mapTier({ name: "between" })));
        const own = createCache({ ...options, tiers: [memory(), between, mapTier({ data })] });
        const other = createCache({ ...options, tiers: [memory(), mapTier({ data })] });
        await own.set("k", "old");
        deliver();
        between.faults.fail({ deleteMany: { delay: 5 }, clear: { delay: 5 } });
        await change(other);
        deliver();
        await settle();
        const read = own.get("k");
        await clock.advance(100);
        await read;
        same(await own.get("k"), undefined, what);
        await Promise.all([own.close(), other.close()]);
      }
    },
    "a transport that opens nothing is an error event": async () => {
      for (const connection of [undefined, {}, { send() {} }] as never[]) {
        const cache = createCache({ bus: defineBus({ open: () => connection }), clock: fakeClock(), sweepInterval: 0 });
        const options: unknown[] = [];
        cache.on("error", ({ error }) => options.push((error as { option?: string }).option));
        await cache.set("k", 1);
        same(await cache.get("k"), 1);
        await cache.close();
        equal(options, ["bus"]);
      }
    },
    "a transport that opens later is an error event: what it opens is closed, and its failure does not go unhandled":
      async () => {
        const opened = deferred<{ send(): void; close(): void }>();
        let closes = 0;
        for (const open of [() => opened.promise, () => Promise.reject(new Error("refused"))] as never[]) {
          const cache = createCache({ bus: defineBus({ open }), clock: fakeClock(), sweepInterval: 0 });
          const errors: string[] = [];
          cache.on("error", ({ error }) => errors.push((error as Error).message));
          await cache.set("k", 1);
          same(await cache.get("k"), 1);
          await cache.close();
          equal(errors, ["Cannot use bus as it must be an object with send,close: received a promise"]);
        }
        opened.resolve({ send() {}, close: () => void closes++ });
        await settle();
        same(closes, 1);
      },
  }),
];
