/**
 * The worker that runs the suites of test/workers, one request for each test. In comes `/tests` or `/run?name`, out goes
 * JSON; a test that is to run in a Durable Object is passed on to an object of its own.
 */
import type { TestCase } from "../../contract/suite.ts";
import type { WorkerEnv } from "../env.ts";

/** A file under test/workers that has suites. */
export interface SuiteFile {
  readonly suites: (env: WorkerEnv) => readonly TestCase[];
  /** Where they run: in a request, by default, or in a Durable Object. */
  readonly place?: "object";
}

/** One test of the list. */
export interface Listed {
  readonly name: string;
  readonly skip?: string | undefined;
}

/** What became of one test: nothing when it passed. */
export interface Verdict {
  readonly failures: readonly string[];
}

interface ObjectStub {
  fetch(request: Request): Promise<Response>;
}

interface Bindings extends WorkerEnv {
  readonly OBJECTS: { get(id: unknown): ObjectStub; idFromName(name: string): unknown };
}

/** What a worker and the class of its objects export. */
export interface Exports {
  readonly worker: { fetch(request: Request, env: Bindings): Promise<Response> };
  readonly Objects: new (
    state: { readonly storage: unknown },
    env: Bindings,
  ) => { fetch(request: Request): Promise<Response> };
}

/** Rejections that nobody handled since the last test. */
const unhandled: unknown[] = [];

/** Makes the worker of these files. */
export function exportsOf(files: readonly SuiteFile[]): Exports {
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    unhandled.push(event.reason);
  });
  const testsOf = (env: WorkerEnv, place?: "object"): readonly TestCase[] =>
    files.filter((file) => file.place === place).flatMap((file) => file.suites(env));

  class Objects {
    readonly #env: Bindings;
    readonly #storage: unknown;

    constructor(state: { readonly storage: unknown }, env: Bindings) {
      this.#env = env;
      this.#storage = state.storage;
    }

    async fetch(request: Request): Promise<Response> {
      return answer(request, testsOf({ ...this.#env, storage: this.#storage }, "object"));
    }
  }

  return {
    Objects,
    worker: {
      async fetch(request, env) {
        const objectOf = (name: string): ObjectStub => env.OBJECTS.get(env.OBJECTS.idFromName(name));
        const tests = testsOf(env);
        const { pathname, search } = new URL(request.url);
        if (pathname === "/tests") {
          const others: Listed[] = await (await objectOf("list").fetch(request)).json();
          return Response.json([...listed(tests), ...others]);
        }
        const name = decodeURIComponent(search.slice(1));
        return tests.some((test) => test.name === name) ? answer(request, tests) : objectOf(name).fetch(request);
      },
    },
  };
}

function listed(tests: readonly TestCase[]): Listed[] {
  return tests.map(({ name, skip }) => ({ name, skip }));
}

async function answer(request: Request, tests: readonly TestCase[]): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/tests") return Response.json(listed(tests));
  const name = decodeURIComponent(search.slice(1));
  const failures: string[] = [];
  try {
    await tests.find((test) => test.name === name)!.run();
  } catch (error) {
    failures.push(describe(error));
  }
  // An unhandled rejection is reported a turn later.
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  for (const reason of unhandled.splice(0))
    failures.push(`A promise was rejected and nobody handled it: ${describe(reason)}`);
  return Response.json({ failures } satisfies Verdict);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? text : `${text}\ncaused by ${describe(error.cause)}`;
}
