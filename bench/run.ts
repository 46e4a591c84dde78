/**
 * `npm run bench`: Tiercel against its peers and against the floor, in one run.
 *
 * `--write` puts the tables into README.md and docs/benchmarks.md, `--check` makes a missed target an exit code of 1,
 * `--quick` takes few and short samples, `--against <folder>` adds another checkout of Tiercel, `--only memory`,
 * `sqlite` or names of contenders, separated by commas, leaves out the rest, and `--cpu` counts the time of the processor
 * instead of the clock's: steadier on a busy machine, but blind to the disk and other threads.
 *
 * `--tags` runs the benchmark of tag invalidation instead, which is long; its arguments are in tags/run.ts. `--memory` runs
 * that of the memory tier; its arguments are in memory/run.ts. `--functions` runs that of remembered functions, functions/run.ts.
 * `--bytes` runs that of codecs, compression and encryption, bytes/run.ts.
 * `--stores` runs that of Redis and libSQL; its arguments are in stores/run.ts. `--observe` runs that of observers, observe/run.ts.
 * `--cli` runs that of the command line's start, cli/run.ts. `--http-caches` runs the public suite for HTTP caches, http/caches.ts.
 */
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { compareBytes } from "./bytes/run.ts";
import { compareCli } from "./cli/run.ts";
import { OPERATIONS, type OperationName } from "./contender.ts";
import { MEMORY, SQLITE } from "./contenders/all.ts";
import { makeFolder } from "./folder.ts";
import { compareFunctions } from "./functions/run.ts";
import { compareHttpCaches } from "./http/caches.ts";
import { type Effort, measure, type Samples } from "./measure.ts";
import { compareMemory } from "./memory/run.ts";
import { compareObserve } from "./observe/run.ts";
import { installPeers } from "./peer.ts";
import { report } from "./report.ts";
import { serve } from "./server.ts";
import { compareStores } from "./stores/run.ts";
import { compareTags } from "./tags/run.ts";
import { targets } from "./targets.ts";
import { write } from "./write.ts";

const { values } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    against: { type: "string" },
    only: { type: "string" },
    cpu: { type: "boolean", default: false },
    contender: { type: "string" },
    folder: { type: "string" },
    bytes: { type: "boolean", default: false },
    cli: { type: "boolean", default: false },
    tags: { type: "boolean", default: false },
    memory: { type: "boolean", default: false },
    functions: { type: "boolean", default: false },
    "http-caches": { type: "boolean", default: false },
    stores: { type: "boolean", default: false },
    observe: { type: "boolean", default: false },
    limit: { type: "string", default: "300" },
  },
});

if (values.tags) await compareTags(values);
else if (values.bytes) await compareBytes(values);
else if (values.cli) await compareCli(values);
else if (values.memory) await compareMemory(values);
else if (values.stores) await compareStores(values);
else if (values.observe) await compareObserve(values);
else if (values.functions) await compareFunctions(values);
else if (values["http-caches"]) await compareHttpCaches(values);
else if (values.contender === undefined) await compare();
else await serve(values.contender, { folder: values.folder!, against: values.against }, values.cpu);

async function compare(): Promise<void> {
  installPeers();
  const effort: Effort = values.quick ? { rounds: 5, warmUp: 1, atLeast: 30 } : { rounds: 15, warmUp: 3, atLeast: 80 };
  const folder = makeFolder();
  const passed = values.against === undefined ? [] : ["--against", resolve(values.against)];
  if (values.cpu) passed.push("--cpu");
  const only = (values.only ?? "memory,sqlite").split(",");
  const run = (kind: string, entrants: object, operations: OperationName[]): Promise<Samples> => {
    const isWanted = (name: string): boolean => values.against !== undefined || !name.endsWith("-against");
    const chosen = Object.keys(entrants).filter(
      (name) => isWanted(name) && (only.includes(kind) || only.includes(name)),
    );
    return measure(chosen, operations, effort, (name) => ["--contender", name, "--folder", folder, ...passed]);
  };
  const names = Object.keys(OPERATIONS) as OperationName[];
  try {
    const memory = await run(
      "memory",
      MEMORY,
      names.filter((name) => !name.startsWith("sqlite")),
    );
    const sqlite = await run(
      "sqlite",
      SQLITE,
      names.filter((name) => name.startsWith("sqlite")),
    );
    const outcome = targets(memory, sqlite);
    const text = report(memory, sqlite, outcome, effort);
    console.log(text.plain);
    if (values.write) write(text);
    if (values.check && outcome.some(({ isMet }) => !isMet)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
