/**
 * Starts processes of several runtimes that begin at the same moment, and waits for their end.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inside, programs } from "../../../scripts/project.mjs";

/** How each runtime runs a TypeScript file. */
const RUNTIMES = [
  [programs.node24],
  [programs.bun, "run"],
  [programs.deno, "run", "-A", "--no-prompt", "--no-check", "--config", inside("deno.json")],
  [programs.node22, "--no-warnings"],
] as const;

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Longest time of a run, in milliseconds: one that hangs is told, however busy the machine. */
const LIMIT = 500_000;

/** Processes that are under way. */
export interface Fleet {
  readonly children: readonly ChildProcess[];
  /** Lets them begin, or some of them. */
  go(some?: readonly ChildProcess[]): void;
  /** Resolves when all have ended, but for those that were killed. @throws {Error} when one failed, with what it wrote */
  readonly ended: Promise<void>;
  /** Kills those that are left. */
  end(): void;
}

/** Starts a process for each job, each with the next runtime; resolves when all are ready. */
export async function startFleet(program: string, jobs: readonly object[]): Promise<Fleet> {
  const children: ChildProcess[] = [];
  const end = (): void => {
    for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, LIMIT);
  const started = jobs.map((job, i) => {
    const [file, ...args] = RUNTIMES[i % RUNTIMES.length]!;
    const child = spawn(file!, [...args, join(HERE, program), JSON.stringify(job)], { stdio: "pipe" });
    children.push(child);
    return watch(child, `process ${i + 1} (${file})`);
  });
  const ended = Promise.all(started.map((one) => one.ended)).then(
    () => {
      clearTimeout(timer);
      if (late) throw new Error(`The processes were not done after ${LIMIT / 1_000} s`);
    },
    (error) => {
      clearTimeout(timer);
      end();
      throw error;
    },
  );
  // Whoever waits for them to be ready hears of it first.
  ended.catch(() => {});
  await Promise.race([Promise.all(started.map(({ ready }) => ready)), ended]);
  return {
    children,
    go(some = children) {
      for (const { stdin } of some) stdin!.write("go\n");
    },
    ended,
    end,
  };
}

/** When a process is ready, and when it has ended. */
function watch(child: ChildProcess, name: string): { ready: Promise<void>; ended: Promise<void> } {
  let output = "";
  child.stderr!.on("data", (text) => {
    output += text;
  });
  // It may end before it is told anything.
  child.stdin!.on("error", () => {});
  const ready = new Promise<void>((resolve) => child.stdout!.once("data", () => resolve()));
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0 || (signal === "SIGKILL" && child.killed)) resolve();
      else reject(new Error(`${name} ended with ${code ?? signal}:\n${output.slice(-4_000)}`));
    });
  });
  return { ready, ended };
}
