/**
 * From the start of the process to its end.
 *
 * @module
 */
import process from "node:process";
import { interruption, listenToSignals } from "./interrupt.ts";
import { forgiveReaders, Unread } from "./output.ts";
import { run } from "./run.ts";

/** Runs a command line, and sets the exit code. */
export async function start(given: readonly string[]): Promise<void> {
  // As of the SQLite of Node 22: they are for programmers.
  if (!given.includes("--debug")) process.removeAllListeners("warning");
  listenToSignals();
  forgiveReaders(() => interruption.abort(new Unread()));
  process.exitCode = await run(given);
  // A client that does not let go holds nobody up; what was printed is out.
  setTimeout(() => process.exit(), 1_000).unref();
}
