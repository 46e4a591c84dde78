import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type Fleet, startFleet } from "./fleet.ts";
import { inFolder } from "./folder.ts";
import type { LoadJob, LoadLine } from "./job.ts";

const PROCESSES = 8;
const KEYS = 1_000;
/** The process that is killed while it loads. */
const VICTIM = 0;
/** Longer than any run, so that none ends by itself while its holder loads, and whoever waits for that ends no run. */
const LEASE = "1h";
/** The rounding of clocks, in milliseconds. */
const ROUNDING = 20;

/** Lets processes ask for the same cold keys, one of them in its own way; what they told in the end. */
function ask(
  victim: Partial<LoadJob>,
  during: (fleet: Fleet, lines: () => LoadLine[]) => Promise<void>,
): Promise<LoadLine[]> {
  return inFolder(async (folder) => {
    const history = join(folder, "history.jsonl");
    const lines = () => (existsSync(history) ? readFileSync(history, "utf8") : "").split("\n").slice(0, -1).map(parse);
    const common = { store: join(folder, "cache.db"), history, keys: KEYS, processes: PROCESSES, lease: LEASE };
    const fleet = await startFleet(
      "load-worker.ts",
      Array.from(
        { length: PROCESSES },
        (_, process): LoadJob => ({ ...common, process, ...(process === VICTIM && victim) }),
      ),
    );
    try {
      await Promise.all([fleet.ended, during(fleet, lines)]);
    } finally {
      fleet.end();
    }
    return lines();
  });
}

const parse = (line: string) => JSON.parse(line) as LoadLine;

/** Waits until what processes have told is enough. */
async function until(lines: () => LoadLine[], isEnough: (lines: LoadLine[]) => boolean): Promise<void> {
  const deadline = performance.now() + 300_000;
  while (!isEnough(lines())) {
    assert.ok(performance.now() < deadline, "the processes do not get on");
    await setTimeout(5);
  }
}

function byKey(lines: readonly LoadLine[], event: LoadLine["event"]): Map<string, LoadLine[]> {
  const groups = new Map<string, LoadLine[]>();
  for (const line of lines) if (line.event === event) groups.set(line.key, [...(groups.get(line.key) ?? []), line]);
  return groups;
}

/** The lines of a key. */
function tell(lines: readonly LoadLine[], which: string | undefined): string {
  const some = lines.filter(({ key }) => key === which);
  return some
    .map(
      ({ time, event, value = "", process }) => `\n  ${time - some[0]!.time} ms: ${event} ${value}, process ${process}`,
    )
    .join("");
}

/** Each key was loaded once, and all got that. */
function assertOnce(lines: readonly LoadLine[], processes: number): void {
  const loads = byKey(lines, "start");
  assert.equal(loads.size, KEYS);
  const twice = [...loads].filter(([, { length }]) => length > 1).map(([key]) => key);
  assert.equal(twice.length, 0, `keys were loaded more than once, the first: ${tell(lines, twice[0])}`);
  for (const [key, got] of byKey(lines, "got")) {
    assert.equal(got.length, processes);
    assert.ok(got.every(({ value }) => value === loads.get(key)![0]!.value));
  }
}

test("eight processes that ask for the same cold keys load each once", async () => {
  const lines = await ask({}, async (fleet) => fleet.go());
  assertOnce(lines, PROCESSES);
  const loaders = new Set(lines.filter(({ event }) => event === "start").map(({ process }) => process));
  assert.ok(loaders.size > 1, "several processes must have had to do with it");
});

test("what a killed process was loading is loaded by one other when its leases end", async () => {
  // Far longer than a busy machine keeps a process waiting, or its leases would end while it lives.
  const lease = 3_000;
  const hung = 40;
  const lines = await ask({ lease: `${lease}ms`, hangsAfter: 10 }, async (fleet, lines) => {
    const victim = fleet.children[VICTIM]!;
    fleet.go([victim]);
    await until(lines, (some) => some.filter(({ event }) => event === "start").length >= 10 + hung);
    fleet.go(fleet.children.filter((child) => child !== victim));
    await until(lines, (some) => some.some(({ process, event }) => process !== VICTIM && event === "got"));
    victim.kill("SIGKILL");
  });
  const mine = lines.filter(({ process }) => process === VICTIM);
  const others = lines.filter(({ process }) => process !== VICTIM);
  const [ended, answered] = [byKey(mine, "end"), byKey(mine, "got")];
  const begun = [...byKey(mine, "start").values()].map(([start]) => start!);
  const held = begun.filter(({ key }) => !ended.has(key));
  assert.ok(held.length >= hung);
  const [asked, loads] = [byKey(mine, "ask"), byKey(others, "start")];
  for (const { key } of held) {
    assert.equal(loads.get(key)?.length, 1, `it must have been loaded by one other: ${tell(lines, key)}`);
    // The lease was taken after that.
    const after = loads.get(key)![0]!.time - asked.get(key)![0]!.time;
    assert.ok(after >= lease - ROUNDING, `${key} was held, and loaded by another after ${after} ms`);
  }
  // What it had loaded when it was killed, but not been told of, may have been stored or not.
  const open = new Set(begun.map(({ key }) => key).filter((key) => !answered.has(key)));
  assertOnce(
    lines.filter(
      ({ process, key, event }) => process !== VICTIM || (event === "start" && !(open.has(key) && loads.has(key))),
    ),
    PROCESSES - 1,
  );
});
