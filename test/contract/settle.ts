/**
 * Waiting for promises without waiting for time.
 *
 * @module
 */

interface Macrotasks {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: new () => { port1: Port; port2: Port };
  readonly setTimeout?: (callback: () => void, ms: number) => unknown;
  readonly navigator?: { readonly userAgent?: string };
}

interface Port {
  onmessage: (() => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

// Held from the start, so that a test runner that fakes the global timers later does not stop this clock too.
const { setImmediate, setTimeout, MessageChannel, navigator } = globalThis as unknown as Macrotasks;

// workerd delivers the messages of a channel as microtasks; browsers make timers wait for 4 ms.
const hasChannel = MessageChannel !== undefined && navigator?.userAgent !== "Cloudflare-Workers";

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
  if (hasChannel) {
    const { port1, port2 } = new MessageChannel!();
    await new Promise<void>((resolve) => {
      port1.onmessage = () => resolve();
      port2.postMessage(null);
    });
    // An open port keeps some runtimes alive.
    port1.close();
    port2.close();
    return;
  }
  if (setTimeout) return new Promise((resolve) => void setTimeout(resolve, 0));
  for (let round = 0; round < MICROTASKS; round++) await undefined;
}
