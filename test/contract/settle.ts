/**
 * Waiting for promises without waiting for time.
 *
 * @module
 */

interface Macrotasks {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly setTimeout?: (callback: () => void, ms: number) => unknown;
}

// Held from the start, so that a test runner that fakes the global timers later does not stop this clock too.
// Not a MessageChannel: workerd delivers its messages as microtasks.
const { setImmediate, setTimeout } = globalThis as unknown as Macrotasks;

// A chain of more `await`s than this in one step is cut only where a platform has no macrotask at all.
const MICROTASKS = 100;

/**
 * Lets everything run that waits for promises alone: two turns of the event loop, each of which empties the queue of
 * microtasks. It does not wait for disk, network, worker threads or Web Crypto: await those by their own promise.
 */
export async function settle(): Promise<void> {
  await turn();
  await turn();
}

async function turn(): Promise<void> {
  if (setImmediate) return new Promise((resolve) => void setImmediate(resolve));
  if (setTimeout) return new Promise((resolve) => void setTimeout(resolve, 0));
  for (let round = 0; round < MICROTASKS; round++) await undefined;
}
