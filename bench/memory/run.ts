/**
 * `npm run bench:memory`: the memory tier against its peers, in time, in bytes, and in how both grow.
 *
 * `--write` writes docs/memory-benchmarks.md and its charts after a whole run, `--check` makes a missed target an exit code of 1, `--quick`
 * takes few and short samples, `--only` takes parts (times, growth, heap, runtimes, awaited, hit-ratio) and names
 * of contenders, separated by commas, `--against <folder>` adds another checkout of Tiercel, and `--cpu` counts the
 * processor's time under Node, which is steadier on a busy machine.
 */
import { resolve } from "node:path";
import { measure, type Samples } from "../measure.ts";
import { installPeers } from "../peer.ts";
import { digits } from "../table.ts";
import { charts } from "./chart/all.ts";
import { ENTRANTS } from "./contenders/all.ts";
import { simulate } from "./hit-ratio.ts";
import { matchesOf, obstacle, PARTS, type Part, type Plan, planOf } from "./plan.ts";
import { type Played, play, type Weighed, weigh } from "./play.ts";
import { RUNTIMES, type Runtime, versionOf } from "./process.ts";
import { report } from "./report.ts";
import { type Results, targets } from "./targets.ts";
import { writeMemory } from "./write.ts";

/** What the command line says. */
export interface Arguments {
  readonly write: boolean;
  readonly check: boolean;
  readonly quick: boolean;
  readonly cpu: boolean;
  readonly only?: string;
  readonly against?: string;
}

/** Runs the benchmark. */
export async function compareMemory(given: Arguments): Promise<void> {
  if (given.write && given.only !== undefined)
    throw new Error("--write writes all of the page, so it cannot go with --only");
  installPeers();
  const plan = planOf(given.quick, given.cpu);
  const { parts, entrants } = chosen(given);
  const against = given.against === undefined ? undefined : resolve(given.against);
  const gaps: string[] = [];
  const played = await playAll(plan, parts, entrants, against, gaps);
  const weighed = parts.includes("heap") ? await weighAll(plan, entrants, against) : [];
  const awaited = parts.includes("awaited") ? await awaitedHits(plan, given.cpu) : {};
  const simulated = parts.includes("hit-ratio")
    ? await timed("hit ratios", async () => simulate(given.quick ? ["--quick"] : []))
    : undefined;
  const results: Results = { played, weighed, awaited };
  const outcome = [...(simulated?.targets ?? []), ...targets(results, plan)];
  const text = report(results, plan, outcome, gaps, await versions(played));
  if (simulated) console.log(`${simulated.text}\n`);
  console.log(text.plain);
  if (given.write) {
    const document = simulated
      ? `## Hit ratio\n\n\`\`\`\n${simulated.text}\n\`\`\`\n\n${text.document}`
      : text.document;
    writeMemory(document, { ...charts(results, plan), ...simulated?.charts });
  }
  if (given.check && outcome.some(({ isMet }) => !isMet)) process.exitCode = 1;
}

/** Of the names after `--only`, those of parts choose parts and the others contenders; all where there is none of a kind. */
function chosen({ only, against }: Arguments): { parts: readonly Part[]; entrants: readonly string[] } {
  const names = only?.split(",") ?? [];
  const parts = PARTS.filter((part) => names.includes(part));
  const possible = Object.keys(ENTRANTS).filter((name) => against !== undefined || !name.endsWith("-against"));
  const entrants = possible.filter((name) => names.includes(name));
  const unknown = names.filter((name) => !(PARTS as readonly string[]).includes(name) && !possible.includes(name));
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(", ")} among ${[...PARTS, ...possible].join(", ")}`);
  return {
    parts: parts.length > 0 ? parts : PARTS,
    entrants: entrants.length > 0 ? entrants : possible,
  };
}

/** Plays the matches one after the other; why one is left out goes to `gaps`. */
async function playAll(
  plan: Plan,
  parts: readonly Part[],
  entrants: readonly string[],
  against: string | undefined,
  gaps: string[],
): Promise<Played[]> {
  const played: Played[] = [];
  for (const match of matchesOf(plan, parts, entrants, against)) {
    const { runtime, setting } = match;
    const what = `${RUNTIMES[runtime]}, ${digits(setting.capacity)} entries, ${setting.keys} keys${setting.ttl ? ", ttl" : ""}`;
    const reason = obstacle(match);
    if (reason === undefined) played.push(await timed(what, () => play(match, plan.effort)));
    else gaps.push(`Left out: ${what}, as ${reason}.`);
  }
  return played;
}

async function weighAll(plan: Plan, entrants: readonly string[], against: string | undefined): Promise<Weighed[]> {
  const weighed: Weighed[] = [];
  for (const capacity of plan.heap) {
    await timed(`bytes of ${digits(capacity)} entries`, async () => {
      // The whole cache is the tier and little else.
      for (const name of entrants.filter((one) => !ENTRANTS[one]!.isAwaited))
        for (const ttl of ENTRANTS[name]!.foreverOnly ? [false] : [false, true])
          weighed.push(await weigh(name, capacity, ttl, against));
    });
  }
  return weighed;
}

/** Whole caches, as `npm run bench` has them. */
async function awaitedHits({ effort }: Plan, cpu: boolean): Promise<Samples> {
  const names = ["map", "tiercel", "tiercel-forever", "async-cache-dedupe", "cache-manager"];
  return timed("awaited hits", () =>
    measure(names, ["get", "getOrSet"], { ...effort, atLeast: 2 * effort.atLeast }, (name) => [
      ...["--contender", name, "--folder", "."],
      ...(cpu ? ["--cpu"] : []),
    ]),
  );
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`bench: ${what}: ${((performance.now() - start) / 1_000).toFixed(0)} s`);
  return result;
}

/** Versions of the runtimes that were used, other than this one. */
async function versions(played: readonly Played[]): Promise<Partial<Record<Runtime, string>>> {
  const others = new Set(played.map(({ runtime }) => runtime).filter((runtime) => runtime !== "node"));
  const pairs: [Runtime, string][] = [];
  for (const runtime of others) pairs.push([runtime, (await versionOf(runtime)) ?? "of unknown version"]);
  return Object.fromEntries(pairs);
}
