/**
 * `npm run bench -- --observe`: what observing costs a hit in memory: with nothing attached, against the same build without the place
 * where observers hook in; and with all of them attached.
 *
 * `--check` makes a missed target an exit code of 1, `--quick` takes few and short samples. Processes take turns and are started anew
 * several times, since each compiles the code in its own way; what counts is the median of the ratios within the rounds.
 */
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder } from "../folder.ts";
import { median, ratio, ratios, spread } from "../measure.ts";
import { judgement, machine } from "../report.ts";
import { Sampler } from "../sampler.ts";
import type { Target } from "../targets.ts";

/** What the command line says. */
export interface Arguments {
  readonly check: boolean;
  readonly quick: boolean;
}

const here = fileURLToPath(new URL("../..", import.meta.url));

const CHILD = new URL("child.ts", import.meta.url);

/** What stands in the fast path for observers. */
const HOOK = '    engine.seen?.(text, "hits");\n';

/** Runs the benchmark. */
export async function compareObserve({ check, quick }: Arguments): Promise<void> {
  const folder = makeFolder();
  try {
    const bare = withoutHooks(folder);
    const entrants = { bare: [bare, "nothing"], nothing: [here, "nothing"], all: [here, "all"] } as const;
    const times: Record<keyof typeof entrants, number[]> = { bare: [], nothing: [], all: [] };
    const [generations, rounds, atLeast] = quick ? [4, 5, 60] : [10, 8, 150];
    for (let generation = 0; generation < generations; generation++) {
      const children = Object.entries(entrants).map(([name, args]) => new Sampler(name, CHILD, args));
      for (let round = -2; round < rounds; round++)
        for (const child of round % 2 === 0 ? children : children.toReversed()) {
          const nanoseconds = await child.sample(atLeast);
          if (round >= 0) times[child.name as keyof typeof entrants].push(nanoseconds);
        }
      for (const child of children) child.end();
    }
    for (const [name, taken] of Object.entries(times))
      console.log(
        `${name.padEnd(8)} ${median(taken).toFixed(1)} ns per awaited hit, ±${(100 * spread(taken)).toFixed(1)}%`,
      );
    console.log(`noise of the ratio: ±${(100 * spread(ratios(times.nothing, times.bare))).toFixed(1)}%; ${machine()}`);
    const targets: Target[] = [
      target("hit with nothing attached: times the same build without hooks", 1.02, times.nothing, times.bare),
      target("hit with all observers: times one with nothing attached", 1.5, times.all, times.nothing),
    ];
    console.log(targets.map(judgement).join("\n"));
    if (check && targets.some(({ isMet }) => !isMet)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function target(what: string, limit: number, taken: readonly number[], base: readonly number[]): Target {
  const received = ratio(taken, base);
  return { what, wanted: `at most ${limit}`, received, isMet: received <= limit };
}

/** A copy of the build whose fast path knows of no observer. */
function withoutHooks(folder: string): string {
  for (const part of ["mod.ts", "src", "package.json"])
    cpSync(join(here, part), join(folder, part), { recursive: true });
  symlinkSync(join(here, "node_modules"), join(folder, "node_modules"));
  const path = join(folder, "src/verbs/verbs.ts");
  const code = readFileSync(path, "utf8");
  if (!code.includes(HOOK)) throw new Error("The hook of the fast path is not where the benchmark looks for it");
  writeFileSync(path, code.replace(HOOK, ""));
  return folder;
}
