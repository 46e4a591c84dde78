/**
 * The body of a stream as its reader gets it.
 *
 * @module
 */
import { free } from "../bytes/free.ts";

/**
 * A byte stream that asks for bytes as they are read, and not before. Who reads it into memory of its own (a reader of mode `byob`) has all
 * that this took given back at once; what is handed out goes when the engine collects it.
 *
 * @param next the next bytes, which are the reader's own; `undefined` after the last
 * @param over called once, when nothing more is read
 * @param signal aborts the reading
 */
export function bodyOf(
  next: () => Promise<Uint8Array | undefined>,
  over: () => void,
  signal?: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isOver = false;
  let stop = (): void => {};
  /** What did not fit into the memory of a reader, and where that begins. */
  let left: Uint8Array | undefined;
  let at = 0;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    signal?.removeEventListener("abort", stop);
    over();
  };
  const fill = (request: ReadableStreamBYOBRequest, bytes: Uint8Array): void => {
    const view = request.view!;
    const length = Math.min(bytes.length - at, view.byteLength);
    new Uint8Array(view.buffer, view.byteOffset, length).set(bytes.subarray(at, at + length));
    at += length;
    left = at < bytes.length ? bytes : undefined;
    if (!left) free(bytes);
    request.respond(length);
  };
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      stop = () => {
        if (isOver) return;
        end();
        controller.error(signal!.reason);
      };
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop);
    },
    async pull(controller) {
      try {
        if (!left) at = 0;
        let bytes = left ?? (await next());
        // Byte streams take no empty pieces.
        while (bytes?.length === 0) bytes = await next();
        if (isOver) return;
        if (!bytes) {
          end();
          controller.close();
          // Ends what a reader has asked for.
          controller.byobRequest?.respond(0);
        } else if (controller.byobRequest) {
          fill(controller.byobRequest, bytes);
        } else {
          left = undefined;
          controller.enqueue(whole(at > 0 ? bytes.subarray(at) : bytes));
        }
      } catch (error) {
        if (isOver) return;
        end();
        controller.error(error);
      }
    },
    cancel: end,
    // Nothing is held that nobody has asked for: 0 is the default of byte streams.
  });
}

/** The bytes in a buffer of their own, since a byte stream takes all of it away from its owner. */
function whole(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return (bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)) as Uint8Array<ArrayBuffer>;
}
