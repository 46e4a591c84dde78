/**
 * Starts processes that work on a SQLite file; what they do is in sql-child.ts.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isBun, isDeno } from "./sql-fixture.ts";

/** Node 20 runs these tests compiled. */
export const SCRIPT: string = fileURLToPath(import.meta.url).replace("sql-start", "sql-child");

export interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves when it has printed so many lines, or ended. */
  printed(count: number): Promise<void>;
  /** Tells it to go on. */
  go(): void;
  /** Resolves with its lines when it has ended. */
  readonly ended: Promise<string[]>;
}

/** Starts a process with a task of sql-child.ts. */
export function start(task: string, path: string, id = "0", options: { uid?: number } = {}): Child {
  const runtime = isDeno ? ["run", "-A", "--no-check"] : isBun ? [] : ["--no-warnings"];
  const child = spawn(process.execPath, [...runtime, SCRIPT, task, path, id], {
    stdio: ["pipe", "pipe", "inherit"],
    ...options,
  });
  const lines: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const check = (over: boolean) => {
    for (const wait of [...waiting]) {
      if (over || lines.length >= wait.count) waiting.splice(waiting.indexOf(wait), 1)[0]!.resolve();
    }
  };
  createInterface({ input: child.stdout! }).on("line", (line) => {
    lines.push(line);
    check(false);
  });
  const ended = new Promise<string[]>((resolve) => child.on("close", () => resolve(lines)));
  ended.then(() => check(true));
  return {
    process: child,
    lines,
    ended,
    go: () => child.stdin!.end("go\n"),
    printed: (count) =>
      new Promise((resolve) => (lines.length >= count ? resolve() : waiting.push({ count, resolve }))),
  };
}
