import type { Entry } from "../../../src/entry.ts";
import type { Tier, TierContext } from "../../../src/tier.ts";
import type { FakeClock, TestCase } from "../../contract/mod.ts";
import {
  equal,
  fakeClock,
  faultyTier,
  InjectedFault,
  isEqual,
  mapData,
  mapTier,
  ok,
  rejects,
  same,
  seededRandom,
  settle,
  suite,
  throws,
  tierContract,
} from "../../contract/mod.ts";
import { flood } from "./mutant.ts";

const NOW = 1000;

function entry<V>(value: V): Entry<V> {
  return {
    value,
    createdAt: NOW,
    freshUntil: 5000,
    staleUntil: 5000,
    tags: [],
    sequence: undefined,
    version: undefined,
    loadTime: 0,
  };
}

const write = (key: string, value: unknown = key) => ({ key, entry: entry(value) });
const keysOf = async (tier: Tier) => [...(await tier.scan!({ prefix: "", limit: 100, now: NOW })).keys];

/** Whether a promise has settled once everything that waits for promises alone has run. */
async function isSettled(promise: unknown): Promise<boolean> {
  let settled = false;
  const done = () => {
    settled = true;
  };
  Promise.resolve(promise).then(done, done);
  await settle();
  return settled;
}

function context(clock: FakeClock, reports: unknown[]): TierContext {
  return { cacheName: "c", clock, random: seededRandom(1), removed() {}, report: (...report) => reports.push(report) };
}

const behaviour: TestCase[] = suite("faultyTier", {
  "throws at once": () => {
    const tier = faultyTier(mapTier());
    tier.faults.fail("throw");
    const fault = throws(() => tier.getMany(["k"], { now: NOW }), InjectedFault);
    same(fault.message, "Injected fault in getMany of tier map");
    throws(() => tier.setMany([write("k")], NOW), "INJECTED");
    throws(() => tier.invalidate!({ tags: [], match: "any", mode: "delete", now: NOW, after: 0 }), "INJECTED");
  },
  rejects: async () => {
    const inner = mapTier();
    const tier = faultyTier(inner);
    tier.faults.fail("reject");
    const answer = tier.setMany([write("k")], NOW);
    ok(answer instanceof Promise, "it must answer with a promise");
    await rejects(answer, InjectedFault);
    equal(await keysOf(inner), []);
  },
  "fails the operations that are named and no other": async () => {
    const tier = faultyTier(mapTier());
    tier.faults.fail({ getMany: "reject" });
    await tier.setMany([write("k")], NOW);
    await rejects(async () => tier.getMany(["k"], { now: NOW }), InjectedFault);
    equal(await tier.deleteMany(["k"], NOW), [true]);
  },
  "replaces the plan before, and heals": async () => {
    const tier = faultyTier(mapTier());
    tier.faults.fail({ getMany: "throw" });
    tier.faults.fail({ setMany: "throw" });
    await tier.getMany([], { now: NOW });
    throws(() => tier.setMany([], NOW), InjectedFault);
    tier.faults.heal();
    await tier.setMany([], NOW);
  },
  "heals by itself after so many failed calls": async () => {
    const tier = faultyTier(mapTier());
    tier.faults.fail({ getMany: "reject" }, 2);
    await tier.setMany([], NOW);
    for (let call = 0; call < 2; call++) await rejects(async () => tier.getMany([], { now: NOW }), InjectedFault);
    await tier.getMany([], { now: NOW });
  },
  "hangs until it is released, and asks the store only then": async () => {
    const inner = mapTier();
    const tier = faultyTier(inner);
    tier.faults.fail({ setMany: "hang", getMany: "hang" });
    const write1 = tier.setMany([write("late")], NOW);
    const read1 = tier.getMany(["late"], { now: NOW });
    same(await isSettled(write1), false);
    same(tier.faults.held, 2);
    tier.faults.heal();
    await tier.setMany([write("early")], NOW);
    equal(await keysOf(inner), ["early"]);
    same(tier.faults.release("setMany"), 1);
    await write1;
    equal(await keysOf(inner), ["early", "late"]);
    same(await isSettled(read1), false);
    same(tier.faults.release(), 1);
    equal((await read1).entries[0]?.value, "late");
    same(tier.faults.held, 0);
  },
  "keeps back the answer of a write that is done": async () => {
    const inner = mapTier();
    const tier = faultyTier(inner);
    tier.faults.fail({ setMany: "mute" });
    const answer = tier.setMany([write("k")], NOW);
    same(await isSettled(answer), false);
    equal(await keysOf(inner), ["k"]);
    tier.faults.release();
    equal(await answer, { sequence: 0, refused: [] });
  },
  "keeps back the failure of the store too, without an unhandled rejection": async () => {
    const tier = faultyTier(faultyTierThat("reject"));
    tier.faults.fail({ getMany: "mute" });
    const answer = tier.getMany([], { now: NOW });
    same(await isSettled(answer), false);
    tier.faults.release();
    await rejects(Promise.resolve(answer), InjectedFault);
  },
  "is slow by the clock, and may fail after that": async () => {
    const clock = fakeClock();
    const tier = faultyTier(mapTier(), clock);
    tier.faults.fail({ getMany: { delay: "2s" }, setMany: { delay: 1000, fault: "throw" } });
    const read = tier.getMany(["k"], { now: NOW });
    const failing = Promise.resolve(tier.setMany([write("k")], NOW));
    failing.catch(() => {});
    await clock.advance(999);
    same(await isSettled(failing), false);
    await clock.advance(1);
    await rejects(failing, InjectedFault);
    same(await isSettled(read), false);
    await clock.advance("1s");
    equal(await read, { entries: [undefined] });
  },
  "takes the clock of the cache that opens it": async () => {
    const clock = fakeClock();
    const tier = faultyTier(mapTier());
    await tier.open!(context(clock, []));
    tier.faults.fail({ getMany: { delay: 5 } });
    const read = tier.getMany([], { now: NOW });
    await clock.advance(5);
    ok(await isSettled(read), "the read must be done");
  },
  "writes the first half of a batch and throws": async () => {
    const inner = mapTier();
    const tier = faultyTier(inner);
    tier.faults.fail({ setMany: "half", deleteMany: "half", touchMany: "half" });
    await rejects(
      async () =>
        tier.setMany(
          ["a", "b", "c", "d", "e"].map((key) => write(key)),
          NOW,
        ),
      InjectedFault,
    );
    equal(await keysOf(inner), ["a", "b"]);
    await rejects(async () => tier.setMany([write("z")], NOW), InjectedFault);
    await rejects(async () => tier.deleteMany(["a", "b"], NOW), InjectedFault);
    equal(await keysOf(inner), ["b"]);
    const touch = (key: string) => ({ key, freshUntil: 9000, staleUntil: 9000 });
    await inner.setMany([write("c")], NOW);
    await rejects(async () => tier.touchMany!([touch("b"), touch("c")], NOW), InjectedFault);
    equal(
      (await inner.getMany(["b", "c"], { now: NOW })).entries.map((found) => found?.staleUntil),
      [9000, 5000],
    );
  },
  "makes a reported miss of every value that it corrupts": async () => {
    const reports: [string, Error, string][] = [];
    const tier = faultyTier(mapTier());
    await tier.open!(context(fakeClock(), reports));
    await tier.setMany([write("a"), write("b", null)], NOW);
    tier.faults.fail({ getMany: "corrupt" });
    equal((await tier.getMany(["a", "no", "b"], { now: NOW })).entries, [undefined, undefined, undefined]);
    equal(
      reports.map(([kind, error, key]) => [kind, (error as Error & { code: string }).code, key]),
      [
        ["corrupt", "CORRUPT", "a"],
        ["corrupt", "CORRUPT", "b"],
      ],
    );
    tier.faults.heal();
    equal((await tier.getMany(["a"], { now: NOW })).entries[0]?.value, "a");
  },
  "damages bytes in several ways, never leaves them whole and never touches the store's own": async () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, index) => index);
    const inner = mapTier() as Tier<Uint8Array>;
    const tier = faultyTier(inner);
    await tier.setMany(
      [
        { key: "k", entry: entry(bytes) },
        { key: "empty", entry: entry(new Uint8Array(0)) },
      ],
      NOW,
    );
    tier.faults.fail({ getMany: "corrupt" });
    const lengths = new Set<number>();
    for (let read = 0; read < 12; read++) {
      const { entries } = await tier.getMany(["k", "empty", "no"], { now: NOW });
      ok(entries[0] && !isEqual(entries[0].value, bytes), "the bytes must be damaged");
      ok(entries[1] && entries[1].value.length > 0, "no bytes must become some");
      same(entries[2], undefined);
      same(entries[0].staleUntil, 5000);
      lengths.add(entries[0].value.length);
    }
    ok(lengths.has(64) && lengths.size > 1, "some damage must keep the length and some not");
    equal(
      (await inner.getMany(["k"], { now: NOW })).entries[0]?.value,
      Uint8Array.from({ length: 64 }, (_, index) => index),
    );
  },
  "leases what it made a miss of, as if it had not been there": async () => {
    const tier = faultyTier(mapTier());
    const options = { now: NOW, lease: 1000 };
    await tier.setMany([write("a"), write("b"), write("held")], NOW);
    await tier.getMany(["held"], { ...options, refresh: true });
    tier.faults.fail({ getMany: "corrupt" });
    const { entries, leases } = await tier.getMany(["a", "no", "held"], options);
    equal(
      [entries, leases?.map((lease) => typeof lease)],
      [Array(3).fill(undefined), ["number", "number", "undefined"]],
    );
    same(typeof tier.sync!.getMany(["b"], options).leases?.[0], "number");
    equal((await tier.getMany(["b"], { now: NOW })).leases, undefined);
    tier.faults.heal();
    equal((await tier.setMany([{ ...write("a", "new"), lease: leases?.[0] }], NOW)).refused, []);
  },
  "leases no damaged bytes, as there is an entry as far as the store knows": async () => {
    const tier = faultyTier(mapTier());
    await tier.setMany([write("k", new Uint8Array(3))], NOW);
    tier.faults.fail({ getMany: "corrupt" });
    const { entries, leases } = await tier.getMany(["k"], { now: NOW, lease: 1000 });
    equal([entries.length, entries[0] === undefined, leases], [1, false, [undefined]]);
  },
  "fails looks into the journal": async () => {
    const data = mapData();
    const tier = faultyTier(mapTier({ data }));
    await mapTier({ data }).setMany([write("k")], NOW);
    tier.faults.fail({ journal: "reject" }, 1);
    await rejects(async () => tier.journal!(0), InjectedFault);
    equal((await tier.journal!(0)).changes, [{ by: "keys", keys: ["k"] }]);
    same(tier.faults.calls.journal, 2);
  },
  "counts calls of both faces, failed ones too": async () => {
    const tier = faultyTier(mapTier());
    tier.sync!.getMany(["k"], { now: NOW });
    await tier.getMany(["k"], { now: NOW });
    tier.faults.fail("reject");
    await rejects(async () => tier.getMany(["k"], { now: NOW }), InjectedFault);
    equal([tier.faults.calls.getMany, tier.faults.calls.setMany], [3, 0]);
    tier.faults.resetCalls();
    same(tier.faults.calls.getMany, 0);
  },
  "throws from the synchronous face, which cannot wait": async () => {
    const inner = mapTier();
    const tier = faultyTier(inner);
    for (const fault of ["throw", "reject", "hang", "mute", { delay: 1 }] as const) {
      tier.faults.fail(fault);
      throws(() => tier.sync!.setMany([write("k")], NOW), InjectedFault);
    }
    equal(await keysOf(inner), []);
    tier.faults.fail({ setMany: "half" });
    throws(() => tier.sync!.setMany([write("a"), write("b")], NOW), InjectedFault);
    equal(await keysOf(inner), ["a"]);
  },
  "leaves open, prepare and close alone unless they are named": async () => {
    const tier = faultyTier(mapTier());
    tier.faults.fail("throw");
    await tier.open!(context(fakeClock(), []));
    await tier.close!();
    tier.faults.fail({ open: "throw", close: "hang" });
    throws(() => tier.open!(context(fakeClock(), [])), InjectedFault);
    const closing = tier.close!();
    same(await isSettled(closing), false);
    tier.faults.release();
    await closing;
  },
  "sees nothing on the fast path while reads fail": () => {
    const tier = faultyTier({ ...mapTier(), fresh: (_key, _sequence, now) => (now === 5 ? "at 5" : "value") });
    same(tier.fresh!("k", 0, 5), "at 5");
    tier.faults.fail({ setMany: "throw" });
    same(tier.fresh!("k", 0), "value");
    tier.faults.fail({ getMany: "hang" });
    same(tier.fresh!("k", 0), undefined);
    same(tier.faults.calls.fresh, 3);
  },
  "offers what the tier inside offers": () => {
    const inner: Tier = {
      ...mapTier({ name: "inner", ttl: "1m" }),
      client: { handle: 1 },
      usage: () => ({ entries: 1, bytes: 2, maxEntries: 3, maxBytes: 4 }),
    };
    const tier = faultyTier(inner);
    equal(
      [tier.name, tier.capabilities, tier.options, tier.client, tier.usage!()],
      [inner.name, inner.capabilities, inner.options, inner.client, inner.usage!()],
    );
    equal([tier.prepare, tier.fresh], [undefined, undefined]);
    const { getMany, setMany, deleteMany, clear } = mapTier();
    const plain = faultyTier({ name: "plain", capabilities: {}, getMany, setMany, deleteMany, clear });
    equal(
      [
        plain.scan,
        plain.size,
        plain.prune,
        plain.touchMany,
        plain.invalidate,
        plain.journal,
        plain.release,
        plain.sync,
      ],
      Array(8).fill(undefined),
    );
  },
});

function faultyTierThat(fault: "reject"): Tier {
  const tier = faultyTier(mapTier());
  tier.faults.fail(fault);
  return tier;
}

export const tests: TestCase[] = [
  ...behaviour,
  ...tierContract({
    name: "a faulty tier without faults",
    create() {
      const data = mapData();
      const open = () => faultyTier(mapTier({ data }));
      return { tier: open(), reopen: open, flood: () => flood(data) };
    },
  }),
];
