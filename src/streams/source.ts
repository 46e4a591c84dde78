/**
 * What a stream is made of, piece by piece.
 *
 * @module
 */
import { kindOf, ValueError } from "../errors.ts";
import type { StreamSource } from "./types.ts";

/** The bytes of a source. */
export interface Pieces {
  /** The next ones; `undefined` after the last. One call at a time. */
  next(): Promise<Uint8Array | undefined>;
  /** No more are wanted. */
  cancel(reason: unknown): void;
}

/**
 * The bytes of a source that has them at hand.
 *
 * @throws {ValueError} for those of a buffer that was transferred
 */
export function bytesOf(source: unknown): Uint8Array | undefined {
  const view = ArrayBuffer.isView(source);
  if (!view && Object.prototype.toString.call(source) !== "[object ArrayBuffer]") return undefined;
  try {
    return view
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source as ArrayBuffer);
  } catch {
    throw new ValueError("Cannot use source as its bytes must be there: received a buffer that was transferred");
  }
}

/** @throws {ValueError} for what is no source, and for a stream that somebody else reads */
export function piecesOf(source: StreamSource): Pieces {
  const bytes = bytesOf(source);
  if (bytes) return iterated([bytes]);
  const { getReader, stream } = (typeof source === "object" && source ? source : {}) as {
    getReader?: unknown;
    stream?: unknown;
  };
  if (typeof stream === "function") return streamed((source as Blob).stream());
  if (typeof getReader === "function") return streamed(source as ReadableStream<Uint8Array>);
  const isIterable =
    typeof source === "object" && source && (Symbol.asyncIterator in source || Symbol.iterator in source);
  if (isIterable) return iterated(source as Iterable<Uint8Array>);
  throw new ValueError(
    `Cannot use source as it must be a ReadableStream, a Blob, bytes, or an iterable of bytes: received ${kindOf(source)}`,
  );
}

function streamed(stream: ReadableStream<Uint8Array>): Pieces {
  if (stream.locked) throw new ValueError("Cannot use source as nobody else must read it: received a locked stream");
  const reader = stream.getReader();
  return {
    async next() {
      const { value, done } = await reader.read();
      return done ? undefined : checked(value);
    },
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  };
}

function iterated(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Pieces {
  const iterator =
    Symbol.asyncIterator in source
      ? source[Symbol.asyncIterator]()
      : (source as Iterable<Uint8Array>)[Symbol.iterator]();
  return {
    async next() {
      const { value, done } = await iterator.next();
      return done ? undefined : checked(value);
    },
    cancel() {
      destroy(source);
      // What a generator does at its end is its own affair.
      void (async () => iterator.return?.())().catch(() => {});
    },
  };
}

/**
 * Ends a stream of Node at once. Its iterator is a generator, which ends only when it has given what it was asked for: never, where nothing more
 * comes.
 */
function destroy(source: object): void {
  const { on, destroy } = source as { on?: unknown; destroy?: unknown };
  if (typeof destroy !== "function") return;
  try {
    // An error event that nobody listens to ends the process.
    if (typeof on === "function") on.call(source, "error", () => {});
    destroy.call(source);
  } catch {
    // As with generators.
  }
}

function checked(piece: unknown): Uint8Array {
  const bytes = bytesOf(piece);
  if (bytes) return bytes;
  throw new ValueError(`Cannot use source as all that it gives must be bytes: received ${kindOf(piece)}`);
}
