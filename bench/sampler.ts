/**
 * A process that takes samples of one contender, one at a time.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A process under way. Its program answers each message, the shortest time of a sample in milliseconds, with nanoseconds per call. */
export class Sampler {
  readonly name: string;
  readonly #process: ChildProcess;

  constructor(name: string, program: URL, args: readonly string[] = [name]) {
    this.name = name;
    this.#process = fork(fileURLToPath(program), args);
  }

  sample(atLeast: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = (): void => reject(new Error(`${this.name} failed`));
      this.#process.once("exit", failed).once("message", (nanoseconds) => {
        this.#process.off("exit", failed);
        resolve(nanoseconds as number);
      });
      this.#process.send(atLeast);
    });
  }

  end(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}
