import { all, calculations } from "./all.ts";

/**
 * Where no test runs that only calculates, a great many times over, and asks nothing of its runtime (a file of these exports
 * `isCalculation`): each has its engine in common with another that runs them. Node 24 has V8's, Bun JavaScriptCore's.
 */
const SPARED: readonly string[] = ["node20", "deno", "workerd", "chromium"];

/** What a run of the portable suites came to. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Which tests to run, and where to tell of them. */
export interface RunOptions {
  /** Name of the runtime, for the last line. */
  readonly runtime: string;
  /** Part of the names of the tests to run; all by default. */
  readonly grep?: string | undefined;
  /** Takes a line or more of text; `console.log` by default. */
  readonly print?: (text: string) => void;
  /** Milliseconds that one test may take. Default 120,000: the longest take seconds where nothing else runs. */
  readonly limit?: number;
}

/**
 * Runs the portable suites one test after the other, prints failures with their stacks as they come and
 * `runtime: N passed, N failed, N skipped` at the end.
 */
export async function run({ runtime, grep = "", print = console.log, limit = 120_000 }: RunOptions): Promise<Totals> {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const fail = (name: string, error: unknown): void => {
    totals.failed++;
    print(`✗ ${name}\n${indent(describe(error))}`);
  };
  let current = "before the first test";
  const unhandled = (event: { reason?: unknown; preventDefault?: () => void }): void => {
    event.preventDefault?.();
    fail(`${current}: a promise was rejected and nobody handled it`, event.reason);
  };
  // Node and Bun would end at the first one, before the tests that follow; in a worker or a page it would pass unseen.
  const host = globalThis as {
    process?: { on?: (type: string, listener: (reason: unknown) => void) => void };
    addEventListener?: (type: string, listener: typeof unhandled) => void;
  };
  // Bun has the method, but tells of no rejection through it.
  if (host.addEventListener && !("Bun" in globalThis)) host.addEventListener("unhandledrejection", unhandled);
  else host.process?.on?.("unhandledRejection", (reason) => unhandled({ reason }));
  let late = 0;
  const names = new Set<string>();
  const spared = SPARED.includes(runtime) && grep === "" ? calculations : undefined;
  if (spared) print(`${spared.size} tests that calculate alone are run on Node 24 and Bun`);
  for (const test of all) {
    if (names.has(test.name)) fail(test.name, new Error("Two tests have this name"));
    names.add(test.name);
    if (!test.name.includes(grep) || spared?.has(test)) continue;
    if (test.skip !== undefined) {
      totals.skipped++;
      print(`- ${test.name}: skipped, ${test.skip}`);
      continue;
    }
    current = test.name;
    try {
      await within(limit, test.run);
      totals.passed++;
    } catch (error) {
      fail(test.name, error);
      if (error instanceof TestTimeoutError && ++late === 3) {
        print("Three tests ran out of time: those that follow are not run");
        break;
      }
    }
  }
  // An unhandled rejection is reported some turns later.
  await new Promise<void>((resolve) => setTimeout(resolve, 20));
  print(`${runtime}: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  return totals;
}

class TestTimeoutError extends Error {
  override name = "TestTimeoutError";
}

async function within(limit: number, test: () => void | Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TestTimeoutError(`The test must end within ${limit} ms`)), limit);
  });
  try {
    await Promise.race([test(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // JavaScriptCore and the edge VM leave the message out of the stack.
  const head = `${error.name}: ${error.message}`;
  const stack = error.stack ?? "";
  const text = stack.includes(error.message) ? stack : `${head}\n${stack}`;
  return error.cause === undefined ? text : `${text}\ncaused by ${describe(error.cause)}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
