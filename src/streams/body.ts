/**
 * The body of a stream as its reader gets it.
 *
 * @module
 */

/**
 * A stream that asks for bytes as they are read, and not before.
 *
 * @param next the next bytes, which are the reader's own; `undefined` after the last
 * @param over called once, when nothing more is read
 * @param signal aborts the reading
 */
export function bodyOf(
  next: () => Promise<Uint8Array | undefined>,
  over: () => void,
  signal?: AbortSignal,
): ReadableStream<Uint8Array> {
  let isOver = false;
  let stop = (): void => {};
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    signal?.removeEventListener("abort", stop);
    over();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stop = () => {
          if (isOver) return;
          end();
          controller.error(signal!.reason);
        };
        signal?.addEventListener("abort", stop);
      },
      async pull(controller) {
        try {
          const bytes = await next();
          if (isOver) return;
          if (bytes) {
            controller.enqueue(bytes);
            return;
          }
          end();
          controller.close();
        } catch (error) {
          if (isOver) return;
          end();
          controller.error(error);
        }
      },
      cancel: end,
    },
    // What nobody has asked for yet is held by nobody.
    { highWaterMark: 0 },
  );
}
