/**
 * Writes the lines of a history.
 *
 * @module
 */
import { openSync, writeSync } from "node:fs";
import type { Line, Written } from "./history.ts";

type CallLine = Line & { readonly event: "call" };

/** A call that was begun. */
export interface OpenCall {
  /** A loader of it starts; it will bring these. */
  load(loads: readonly Written[]): void;
  done(got?: readonly (readonly [key: string, value: string])[]): void;
  fail(error: unknown): void;
}

/** The lines of one process. Each is one small write at the end of the file, which the system does as a whole. */
export class Log {
  readonly process: number;
  readonly #file: number;
  #calls = 0;

  constructor(path: string, process: number) {
    this.process = process;
    this.#file = openSync(path, "a");
  }

  begin(call: Omit<CallLine, "time" | "process" | "call" | "event">): OpenCall {
    const number = ++this.#calls;
    const write = (rest: object): void =>
      this.write({ time: Date.now(), process: this.process, call: number, ...rest });
    write({ event: "call", ...call });
    return {
      load: (loads) => write({ event: "load", loads }),
      done: (got) => write(got && got.length > 0 ? { event: "done", got } : { event: "done" }),
      fail: (error) => write({ event: "fail", error: String(error) }),
    };
  }

  write(line: object): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}
