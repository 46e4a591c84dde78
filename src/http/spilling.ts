/**
 * Long bodies on their way into a store of streams, and out of it.
 *
 * @module
 */

/** Where long bodies go. */
export interface Spill {
  /** Stores a body; ends when all of it is there. */
  write(source: ReadableStream<Uint8Array>): Promise<void>;
  /** The body from its beginning, also while it is written. */
  read(): Promise<ReadableStream<Uint8Array> | undefined>;
  /** Deletes what was stored. Who reads it may read on. */
  drop(): Promise<void>;
}

/** What is written to the store, chunk by chunk. */
export class Spilling {
  readonly #written: Promise<boolean>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isOpen = true;
  #pulled: (() => void) | undefined;

  constructor(spill: Spill) {
    const source = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#go(),
        cancel: () => this.#stop(),
      },
      { highWaterMark: 1 },
    );
    this.#written = spill.write(source).then(
      () => true,
      () => {
        this.#stop();
        return false;
      },
    );
  }

  #go(): void {
    this.#pulled?.();
    this.#pulled = undefined;
  }

  #stop(): void {
    this.#isOpen = false;
    this.#go();
  }

  /** Answers when the store wants more; `false` when it has failed. */
  async add(chunk: Uint8Array): Promise<boolean> {
    if (!this.#isOpen) return false;
    this.#controller.enqueue(chunk);
    while (this.#isOpen && (this.#controller.desiredSize ?? 0) <= 0)
      await new Promise<void>((resolve) => {
        this.#pulled = resolve;
      });
    return this.#isOpen;
  }

  /** Whether all is stored. */
  end(): Promise<boolean> {
    this.close();
    return this.#written;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#controller.close();
  }

  fail(error: unknown): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#controller.error(error);
  }
}

/** Some bytes of a stream. */
export function sliced(source: ReadableStream<Uint8Array>, offset: number, length: number): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let skip = offset;
  let left = length;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (left > 0) {
          const { done, value } = await reader.read();
          if (done) break;
          if (value.byteLength <= skip) {
            skip -= value.byteLength;
            continue;
          }
          const chunk = value.subarray(skip, skip + left);
          skip = 0;
          left -= chunk.byteLength;
          controller.enqueue(chunk);
          if (left > 0) return;
        }
        controller.close();
        await reader.cancel();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
