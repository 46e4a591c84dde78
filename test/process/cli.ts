/** The command line as a process: that of dist, on each runtime. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** The file that `npx tiercel` runs. */
export const main: string = join(root, "dist/cli/main.js");

/** Programs that run it. */
export const runtimes: Readonly<Record<string, readonly [string, ...string[]]>> = {
  Node: [process.execPath, main],
  Bun: [join(root, "node_modules/bun/bin/bun.exe"), main],
  Deno: [join(root, "node_modules/deno/deno"), "run", "-A", "--no-prompt", "--config", join(root, "deno.json"), main],
};

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly bytes: Buffer;
  readonly err: string;
}

export interface Running {
  readonly runtime?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Is given the process when it has begun. */
  readonly begun?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs a command. Neither the environment of the test nor a config file above it has a say. */
export function tiercel(args: readonly string[], options: Running = {}): Promise<Ended> {
  const { runtime = "Node", cwd, env = {}, input, begun } = options;
  const [program, ...before] = runtimes[runtime]!;
  const { TIERCEL_URL: _, TIERCEL_KEYS: __, NO_COLOR: ___, FORCE_COLOR: ____, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...before, ...args], { cwd, env: { ...inherited, ...env } });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.stdin.on("error", () => {});
    child.on("error", reject);
    child.on("close", (code) => {
      const bytes = Buffer.concat(out);
      resolve({ code, out: bytes.toString(), bytes, err: Buffer.concat(err).toString() });
    });
    child.stdin.end(input ?? "");
    begun?.(child);
  });
}

/** The JSON documents of an output. */
export function documents(out: string): unknown[] {
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}
