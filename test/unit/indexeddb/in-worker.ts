/**
 * A worker of the page, which works on the page's database: the bundle of the tests, started once more.
 */
import { indexedDb } from "../../../adapters/indexeddb.ts";
import type { Tier } from "../../../src/tier.ts";
import { FAKE_START, fakeClock } from "../../contract/mod.ts";

/** What the worker is asked to do with a tier on a database. */
export interface Task {
  readonly database: string;
  /** Takes a lease on each of these keys. */
  readonly keys: readonly string[];
  /** Invalidates these tags afterwards. */
  readonly tags: readonly string[];
}

/** An open tier on a database. */
export function openTier(database: string): Tier {
  const tier = indexedDb(database);
  tier.open!({ cacheName: "test", clock: fakeClock(), random: () => 0.5, removed() {}, report() {} });
  return tier;
}

/** Does a task, in a page or a worker; answers for each key whether a lease was taken. */
export async function perform({ database, keys, tags }: Task): Promise<boolean[]> {
  const tier = openTier(database);
  try {
    const taken: boolean[] = [];
    // One by one, so that the page gets between.
    for (const key of keys) {
      const { leases } = await tier.getMany([key], { now: FAKE_START, lease: 10_000 });
      taken.push(leases![0] !== undefined);
    }
    await tier.invalidate!({ tags, match: "any", mode: "delete", now: FAKE_START, after: 0 });
    return taken;
  } finally {
    await tier.close!();
  }
}

interface WorkerScope {
  onmessage: (event: { readonly data: Task }) => void;
  postMessage(message: unknown): void;
}

/** In the worker: does the tasks that the page sends. */
export function answerPage(): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => {
    perform(data).then(
      (answer) => scope.postMessage({ answer }),
      (error: unknown) => scope.postMessage({ error: String(error) }),
    );
  };
}

/** In the page: has a worker of its own do a task. */
export async function inWorker(task: Task): Promise<boolean[]> {
  const { Worker } = globalThis as unknown as { Worker: new (url: string, options: object) => Worker };
  const worker = new Worker("/suites.js?worker", { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: { data: { answer?: boolean[]; error?: string } }) =>
        data.answer ? resolve(data.answer) : reject(new Error(data.error));
      worker.onerror = () => reject(new Error("The worker could not be started"));
      worker.postMessage(task);
    });
  } finally {
    worker.terminate();
  }
}

interface Worker {
  onmessage: unknown;
  onerror: unknown;
  postMessage(message: unknown): void;
  terminate(): void;
}
