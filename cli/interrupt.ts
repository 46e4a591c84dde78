/**
 * Ctrl-C: the first asks a command to end in good order, the second ends it at once.
 *
 * @module
 */
import process from "node:process";
import { EXIT } from "./failure.ts";

/** Aborted by Ctrl-C, by a termination, and when nobody reads the output any more. */
export const interruption: AbortController = new AbortController();

let asked = 0;

/** Listens to signals. */
export function listenToSignals(): void {
  const ask = (): void => {
    if (++asked > 1) process.exit(EXIT.interrupted);
    interruption.abort(new Interrupted());
  };
  process.on("SIGINT", ask);
  process.on("SIGTERM", ask);
}

/** Why a command ended early. */
export class Interrupted extends Error {
  override readonly message: string = "Interrupted";
}

/** Whether somebody asked for the end. */
export function isInterrupted(): boolean {
  return asked > 0;
}

/** The longest that a timer takes; it fires at once after a longer time. */
const LONGEST = 2 ** 31 - 1;

/** Waits, 24 days at most, or rejects when the command is interrupted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", stop);
        resolve();
      },
      Math.min(ms, LONGEST),
    );
    signal.addEventListener("abort", stop, { once: true });
  });
}
