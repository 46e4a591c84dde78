/**
 * Asking before something is lost.
 *
 * @module
 */
import process from "node:process";
import { printable } from "../src/observe/printable.ts";
import { EXIT, Failure } from "./failure.ts";
import { Interrupted, isInterrupted } from "./interrupt.ts";

/**
 * Asks on a terminal.
 *
 * @param what is about to be done, as in `Delete 12 keys`
 * @throws {Failure} where the answer is not yes, and where nobody can be asked
 */
export async function confirm(what: string, isAgreed: boolean): Promise<void> {
  if (isAgreed) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new Failure(`${what}: refused without a confirmation`, EXIT.refused, { fix: "add --yes" });
  const { createInterface } = await import("node:readline");
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await new Promise<string | undefined>((resolve) => {
    reader.once("SIGINT", () => resolve(undefined));
    reader.once("close", () => resolve(undefined));
    reader.question(`${printable(what)}? [y/N] `, resolve);
  });
  reader.close();
  if (answer === undefined) {
    process.stderr.write("\n");
    if (isInterrupted()) throw new Interrupted();
  }
  if (!/^\s*(y|yes)\s*$/i.test(answer ?? "")) throw new Failure(`${what}: not done`, EXIT.refused);
}
