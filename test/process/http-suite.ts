/**
 * The public suite for HTTP caches (`http-cache-tests`, cache-tests.fyi): its origin, and runs of it against whatever answers in front of that. Another
 * checkout of the suite, with its dependencies installed, is taken from HTTP_CACHE_TESTS.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../servers/ports.ts";

const here = dirname(fileURLToPath(import.meta.url));

/** Where the suite is. */
export const suite: string = process.env.HTTP_CACHE_TESTS ?? join(here, "../servers/node_modules/http-cache-tests");

/** As its repository has it since 2026, or as the package on npm. */
export const isNew: boolean = existsSync(join(suite, "test-engine"));

/** Why it cannot be run, or `undefined` when it can. */
export const missingSuite: string | undefined = existsSync(suite)
  ? undefined
  : "http-cache-tests is not installed: run node scripts/servers.mjs";

/** What one test came to. */
export interface Result {
  readonly id: string;
  readonly kind: "required" | "optimal" | "check";
  readonly passed: boolean;
  /** `true`, or the name of an error and its message. */
  readonly detail: unknown;
}

/** Something that answers at a URL until it is stopped. */
export interface Running {
  readonly url: string;
  stop(): unknown;
}

/** Milliseconds that a program has to answer: on a busy machine all of them start at once. */
const START_LIMIT = 120_000;

/** A program that answers at a port. */
export async function startProgram(
  program: string,
  args: string[],
  { port, ...options }: { port: number; cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Running> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], ...options });
  let said = "";
  let isOver = false;
  child.stderr!.on("data", (text) => {
    said = (said + text).slice(-1_000);
  });
  for (const event of ["exit", "error"])
    child.once(event, (why) => {
      isOver = true;
      said ||= String(why);
    });
  const url = `http://127.0.0.1:${port}`;
  const stop = (): void => void child.kill();
  for (const end = performance.now() + START_LIMIT; performance.now() < end && !isOver; ) {
    try {
      await (await fetch(url)).arrayBuffer();
      return { url, stop };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  stop();
  throw new Error(`${program} ${isOver ? "has ended" : "does not answer"}: ${said}`);
}

/** A program at a port that was free a moment ago, tried again while it is somebody else who answers there. */
export async function startAtFreePort(
  start: (port: number) => Promise<Running>,
  isIt: (response: Response) => boolean,
): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    const running = await start(await freePort());
    const response = await fetch(running.url);
    await response.arrayBuffer();
    if (isIt(response)) return running;
    await running.stop();
    if (attempt === 3) throw new Error(`${running.url} is answered by another program`);
  }
}

/** What caches of ours say of each answer. */
export const SAYS = "cache-status";

/** The origin that the tests are about. */
export function startOrigin(): Promise<Running> {
  const program = isNew ? "test-engine/server/server.mjs" : "server/server.mjs";
  const start = (port: number): Promise<Running> => {
    const own = {
      npm_config_protocol: "http",
      npm_config_port: `${port}`,
      npm_config_pidfile: join(tmpdir(), `suite.${port}`),
    };
    return startProgram(process.execPath, [program], { port, cwd: suite, env: { ...process.env, ...own } });
  };
  return startAtFreePort(start, ({ headers }) => !headers.has(SAYS));
}

/** Runs the suite against what answers at a URL: all tests, or those with these ids. */
export async function runSuite(base: string, ids: readonly string[] = []): Promise<Result[]> {
  const args = [join(here, "http-suite-client.ts"), suite, base, ...ids];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 });
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n[") + 1));
}

/** How many tests of a kind have passed, and how many there are. */
export function count(results: readonly Result[], kind: Result["kind"]): [passed: number, all: number] {
  const some = results.filter((one) => one.kind === kind);
  return [some.filter((one) => one.passed).length, some.length];
}
