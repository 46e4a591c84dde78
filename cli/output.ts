/**
 * What a command prints. Results go to standard output, all else to standard error.
 *
 * @module
 */
import process from "node:process";
import { printable } from "../src/observe/printable.ts";
import { EXIT, Failure } from "./failure.ts";
import { table } from "./table.ts";

/** How it is to be printed. */
export interface OutputOptions {
  readonly json: boolean;
  readonly raw: boolean;
  readonly quiet: boolean;
  /** `false` without colours in any case. */
  readonly color: boolean;
}

/** Thrown when nobody reads what is printed, as after `| head`: an end, and no error. */
export class Unread extends Error {}

/** Output of one command. */
export class Output {
  readonly json: boolean;
  readonly raw: boolean;
  readonly quiet: boolean;
  readonly #color: boolean;
  readonly #errorColor: boolean;

  constructor({ json, raw, quiet, color }: OutputOptions) {
    this.json = json;
    this.raw = raw;
    this.quiet = quiet;
    const may = color && !variable("NO_COLOR") && variable("TERM") !== "dumb";
    const must = may && !["", "0", "false"].includes(variable("FORCE_COLOR") ?? "");
    this.#color = must || (may && Boolean(process.stdout.isTTY));
    this.#errorColor = must || (may && Boolean(process.stderr.isTTY));
  }

  /** Whether people read the result as it is printed. */
  get isTerminal(): boolean {
    return Boolean(process.stdout.isTTY);
  }

  /** Columns of the terminal. */
  get room(): number {
    return (this.isTerminal && process.stdout.columns) || Infinity;
  }

  readonly bold = (text: string): string => (this.#color ? `\u001b[1m${text}\u001b[22m` : text);
  readonly dim = (text: string): string => (this.#color ? `\u001b[2m${text}\u001b[22m` : text);
  readonly green = (text: string): string => (this.#color ? `\u001b[32m${text}\u001b[39m` : text);
  readonly red = (text: string): string => (this.#color ? `\u001b[31m${text}\u001b[39m` : text);
  readonly yellow = (text: string): string => (this.#color ? `\u001b[33m${text}\u001b[39m` : text);

  /** A line of the result, for people. */
  line(text: string): Promise<void> {
    return this.bytes(`${text}\n`);
  }

  /** A text of several lines: as it is, but on a terminal without what would change it. */
  text(text: string): Promise<void> {
    return this.line(this.isTerminal ? text.replace(/[^\n\t]+/g, printable) : text);
  }

  /** A table of the result, for people; on a terminal it is as wide as that at most. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
    return this.line(table(head, rows, this.bold, this.room).join("\n"));
  }

  /** One JSON document on a line of its own. Numbers that JSON has not are `null`. */
  document(value: unknown): Promise<void> {
    const text = JSON.stringify(value);
    return this.bytes(`${this.isTerminal ? printable(text) : text}\n`);
  }

  /** Bytes or text as they are. Waits until they are taken, so that memory stays bounded. */
  bytes(chunk: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (isUnread) return reject(new Unread());
      const written = (error?: Error | null): void => {
        if (!error) resolve();
        else reject((error as NodeJS.ErrnoException).code === "EPIPE" ? new Unread() : unwritten(error));
      };
      // Deno throws.
      try {
        process.stdout.write(chunk, written);
      } catch (error) {
        written(error as Error);
      }
    });
  }

  /** A remark, for people: what was done. Not with `--quiet` and `--json`. */
  note(text: string): void {
    if (!this.quiet && !this.json) process.stderr.write(`${printable(text)}\n`);
  }

  /** What people should know though nothing failed. Not with `--quiet`. */
  warn(text: string): void {
    if (!this.quiet) process.stderr.write(`tiercel: ${printable(text)}\n`);
  }

  /** The one line of an error. */
  error(text: string): void {
    const line = `tiercel: ${printable(text)}`;
    process.stderr.write(`${this.#errorColor ? `\u001b[31m${line}\u001b[39m` : line}\n`);
  }
}

/** Where standard output goes does not take it, as a full disk. */
function unwritten(error: Error): Failure {
  const { code, message } = error as NodeJS.ErrnoException;
  return new Failure(`Cannot write standard output: ${code ?? message}`, EXIT.store, { cause: error });
}

/** A variable that paints at most, so that Deno need not permit to read it. */
function variable(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    return undefined;
  }
}

let isUnread = false;

/** Whoever reads standard output may leave; on standard error nobody need be. */
export function forgiveReaders(left: () => void): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Any other is told by the write that fails.
    if (error.code !== "EPIPE") return;
    isUnread = true;
    left();
  });
  process.stderr.on("error", () => {});
}
