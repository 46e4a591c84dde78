/**
 * The parent's side of a contender's process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { programs } from "../../scripts/project.mjs";
import type { Order, Report } from "./child.ts";

/** The runtimes. */
export const RUNTIMES = { node: "Node", bun: "Bun", deno: "Deno" } as const;

/** Name of a runtime. */
export type Runtime = keyof typeof RUNTIMES;

/** Megabytes that a process under Node may have in its heap: ten million entries take more than it allows by itself. */
const HEAP = 6_000;

const child = fileURLToPath(new URL("child.ts", import.meta.url));

const COMMANDS: Readonly<Record<Runtime, readonly [program: string, ...args: string[]]>> = {
  node: [
    process.execPath,
    "--expose-gc",
    `--max-old-space-size=${HEAP}`,
    "--disable-warning=ExperimentalWarning",
    child,
  ],
  bun: [programs.bun, child],
  deno: [programs.deno, "run", "--quiet", "--allow-all", "--no-lock", child],
};

/** A process that is asked for one thing at a time. */
export class Runner {
  readonly name: string;
  readonly #child: ChildProcess;
  #answer: (report: Report) => void = () => {};

  constructor(runtime: Runtime, name: string) {
    this.name = name;
    const [program, ...args] = COMMANDS[runtime];
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    const failed = (reason: string): void => this.#answer({ kind: "failed", reason });
    this.#child.on("error", ({ message }) => failed(message)).on("exit", () => failed("its process ended"));
    // Orders to a process that has ended.
    this.#child.stdin!.on("error", () => {});
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      if (line.startsWith('{"kind":')) this.#answer(JSON.parse(line) as Report);
      else console.log(line);
    });
  }

  /** Has an order obeyed; a failure is an answer. */
  try(order: Order): Promise<Report> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
    });
  }

  /**
   * Has an order obeyed.
   *
   * @throws {Error} when it fails
   */
  async ask<K extends Report["kind"]>(kind: K, order: Order): Promise<Extract<Report, { kind: K }>> {
    const report = await this.try(order);
    if (report.kind === kind) return report as Extract<Report, { kind: K }>;
    throw new Error(`${this.name} failed: ${report.kind === "failed" ? report.reason : report.kind}`);
  }

  /** It ends by itself when nobody can give it orders. */
  end(): void {
    this.#child.stdin!.end();
  }
}

/** Version of a runtime, which is started for it. */
export async function versionOf(runtime: Runtime): Promise<string | undefined> {
  const [program] = COMMANDS[runtime];
  const { stdout } = spawn(program, ["--version"], { stdio: ["ignore", "pipe", "ignore"] }).on("error", () => {});
  let text = "";
  for await (const part of stdout) text += part;
  return /\d+\.\d+\.\d+/.exec(text)?.[0];
}
