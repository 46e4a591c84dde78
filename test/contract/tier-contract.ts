/**
 * The conformance suite for tiers.
 *
 * @module
 */
import { ConfigError } from "../../src/errors.ts";
import type { Capabilities, MaybePromise, Tier, TierContext } from "../../src/tier.ts";
import { equal, same } from "./assert.ts";
import { FAKE_START, fakeClock } from "./fake-clock.ts";
import { seededRandom } from "./seeded-random.ts";
import type { TestCase } from "./suite.ts";
import { deadlines } from "./tier/deadlines.ts";
import { faces } from "./tier/faces.ts";
import { journal } from "./tier/journal.ts";
import { keys } from "./tier/keys.ts";
import { leases } from "./tier/leases.ts";
import { races } from "./tier/races.ts";
import { sequences } from "./tier/sequences.ts";
import { sharing } from "./tier/sharing.ts";
import type { ContractTest, ContractTier, Need, Subject } from "./tier/subject.ts";
import { handle } from "./tier/subject.ts";
import { tags } from "./tier/tags.ts";
import { values } from "./tier/values.ts";

export type { ContractTier } from "./tier/subject.ts";

/** Options of {@linkcode tierContract}. */
export interface TierContractOptions {
  /** Put before the names of the tests. */
  readonly name: string;
  /** Makes a tier for one test, given what `createCache` would give to its `open`. */
  readonly create: (context: TierContext) => MaybePromise<ContractTier>;
  /**
   * What the tier must declare. With it, tests of capabilities that are not in here are left out of the list, and one
   * test fails when the tier declares anything else. Without it they pass untried on a tier that does not declare them.
   */
  readonly capabilities?: Capabilities;
  /**
   * Whether the tier keeps copies (bytes) and not references to the values: then it must refuse what it cannot copy and
   * be safe from later changes. Default: whether it has `prepare`.
   */
  readonly copies?: boolean;
  /** Where the clock starts, in milliseconds since the epoch. Default {@linkcode FAKE_START}, in the year 2033. */
  readonly start?: number;
  /** Tests, by their name without that of the suite, that the store cannot pass, and why. */
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

const CONTRACT: readonly ContractTest[] = [
  ...values,
  ...deadlines,
  ...keys,
  ...tags,
  ...sequences,
  ...journal,
  ...leases,
  ...races,
  ...faces,
  ...sharing,
];

const FLAGS = ["sync", "keys", "tags", "journal", "leases", "durable", "shared"] as const;

// The shortest time to live that a test uses where the tier keeps any.
const MINUTE = 60_000;

/**
 * The tests that a {@linkcode Tier} of values must pass, by the capabilities that it declares; a tier of bytes is tested
 * wrapped by `bytes()`. Each test gets a tier of its own on a {@linkcode fakeClock}; none sleeps. A test also fails
 * when the tier reports a fault, as there is none.
 *
 * @throws {ConfigError} when `skip` names a test that does not exist
 *
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { mapTier, tierContract } from "tiercel/testing";
 *
 * for (const { name, run, skip } of tierContract({ name: "map", create: () => ({ tier: mapTier() }) })) {
 *   test(name, { skip: skip ?? false }, run);
 * }
 * ```
 */
export function tierContract(options: TierContractOptions): TestCase[] {
  const reasons = new Map(options.skip?.map(({ test, reason }) => [test, reason]));
  for (const test of reasons.keys()) {
    if (!CONTRACT.some(({ name }) => name === test)) {
      throw new ConfigError(
        "skip",
        `Cannot skip a test as it must be one of the tier contract: received ${JSON.stringify(test)}`,
      );
    }
  }
  const declared: ContractTest = {
    name: "declares the capabilities that it is expected to",
    needs: [],
    run({ capabilities }) {
      for (const flag of FLAGS) same(capabilities[flag] ?? false, options.capabilities?.[flag] ?? false, flag);
    },
  };
  const applicable = ({ needs }: ContractTest) =>
    needs.every((need) => !options.capabilities || !isFlag(need) || options.capabilities[need]);
  const tests = [...(options.capabilities ? [declared] : []), ...CONTRACT.filter(applicable)];
  return tests.map((test) => ({
    name: `${options.name}: ${test.name}`,
    skip: reasons.get(test.name),
    run: () => runTest(test, options),
  }));
}

function isFlag(need: Need): need is (typeof FLAGS)[number] {
  return (FLAGS as readonly string[]).includes(need);
}

function meets({ tier, given }: Subject, need: Need, copies: boolean): boolean {
  if (isFlag(need)) return tier.capabilities[need] === true;
  if (need === "copies") return copies;
  if (need === "reopen" || need === "loseTags" || need === "flood") return given[need] !== undefined;
  return tier[need] !== undefined;
}

/** Runs one test on a tier of its own, and closes and disposes of it whatever happens. */
async function runTest(test: ContractTest, options: TierContractOptions): Promise<void> {
  const clock = fakeClock(options.start ?? FAKE_START);
  const reports: unknown[] = [];
  const context: TierContext = {
    cacheName: "contract",
    clock,
    random: seededRandom(1),
    removed() {},
    report: (kind, error, key) => reports.push([kind, key, error instanceof Error ? error.message : error]),
  };
  const given = await options.create(context);
  const opened = new Set<Tier>();
  const open = async (tier: Tier) => {
    opened.add(tier);
    await tier.open?.(context);
    return handle(tier, clock, entry);
  };
  const close = async (tier: Tier) => {
    if (opened.delete(tier)) await tier.close?.();
  };
  const ttl = Math.max(MINUTE, 2 * (given.tier.capabilities.minTtl ?? 0));
  const entry: Subject["entry"] = (value, fields = {}) => {
    const freshUntil = clock.now() + (fields.ttl ?? ttl);
    return {
      value,
      createdAt: clock.now(),
      freshUntil,
      staleUntil: freshUntil + (fields.grace ?? 0),
      tags: fields.tags ?? [],
      sequence: fields.sequence,
      version: fields.version,
      loadTime: fields.loadTime ?? 0,
      ...(fields.profile !== undefined && { profile: fields.profile }),
    };
  };
  try {
    const subject: Subject = {
      ...(await open(given.tier)),
      capabilities: given.tier.capabilities,
      clock,
      context,
      ttl,
      given,
      now: clock.now,
      entry,
      second: async () => open(await given.reopen!()),
      close,
    };
    const copies = options.copies ?? given.tier.prepare !== undefined;
    if (test.needs.every((need) => meets(subject, need, copies))) await test.run(subject);
    equal(reports, [], "a tier without faults must report none");
  } finally {
    try {
      for (const tier of [...opened]) await close(tier);
    } finally {
      await given.dispose?.();
    }
  }
}
