/**
 * Waiting for others that use the same file: where Deno KV is a file, a commit with a check fails at once while another
 * process commits, and nothing has happened.
 *
 * @module
 */

/** How long to try again, in milliseconds. */
const PATIENCE = 5_000;

/** Longest pause between two attempts, in milliseconds. */
const LONGEST_PAUSE = 25;

/** Repeats `run` while the file is locked. It goes by real time and the system's timers, as the other process does. */
export async function patiently<T>(run: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE;
  for (let attempt = 0; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!isLocked(error) || performance.now() >= end) throw error;
    }
    // Uneven, so that two who meet do not meet again.
    const pause = Math.random() * Math.min(LONGEST_PAUSE, 2 ** attempt);
    await new Promise<void>((resolve) => void setTimeout(resolve, pause));
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.includes("database is locked");
}
