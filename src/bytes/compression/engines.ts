/**
 * What compresses: zlib where the runtime has it built in, else the streams of the Compression Standard.
 *
 * @module
 */
import { CorruptError } from "../../errors.ts";
import type { MaybePromise } from "../../tier.ts";
import { inflate } from "./inflate.ts";

/** How values can be compressed; all runtimes read all of these. */
export type CompressionFormat = "deflate-raw" | "gzip" | "deflate";

type Bytes = Uint8Array<ArrayBuffer>;
type Callback = (error: unknown, result: Bytes) => void;
interface Limit {
  readonly maxOutputLength?: number;
}

type Verb = "deflateRaw" | "gzip" | "deflate" | "inflateRaw" | "gunzip" | "inflate";

/** The slice of node:zlib that is used. */
type Zlib = Readonly<Record<`${Verb}Sync`, (bytes: Uint8Array, options?: Limit) => Bytes>> &
  Readonly<Record<Verb, (bytes: Uint8Array, options: Limit, callback: Callback) => void>>;

const PACK: Record<CompressionFormat, Verb> = { "deflate-raw": "deflateRaw", gzip: "gzip", deflate: "deflate" };
const UNPACK: Record<CompressionFormat, Verb> = { "deflate-raw": "inflateRaw", gzip: "gunzip", deflate: "inflate" };
/** Bytes before and after the deflate stream, in the form that zlib and the streams write it: RFC 1952 and 1950. */
const AROUND: Record<CompressionFormat, readonly [head: number, tail: number]> = {
  "deflate-raw": [0, 0],
  gzip: [10, 8],
  deflate: [2, 4],
};

/** Up to here zlib is faster in this thread than on its way to another one and back. */
const SMALL = 32_768;

/** Workers count the buffer that zlib unpacks into, which is larger than what it unpacks. */
const ROOM = 65_536;

/** Compresses by what the runtime has. */
export interface Engine {
  /** Whether it can answer at once. */
  readonly sync: boolean;
  /** @param now must answer at once */
  pack(bytes: Uint8Array, format: CompressionFormat, now: boolean): MaybePromise<Uint8Array | undefined>;
  /**
   * @param size of what comes out, exactly; more is never made
   * @throws {CorruptError} for other bytes, and another size
   */
  unpack(packed: Uint8Array, format: CompressionFormat, size: number, now: boolean): MaybePromise<Uint8Array>;
}

/** The engine of this runtime, found when it is first needed. */
export function engine(): Engine {
  return (found ??= find());
}

let found: Engine | undefined;

function find(): Engine {
  const zlib = builtin();
  if (zlib !== undefined) return byZlib(zlib);
  return typeof CompressionStream === "function" ? byStreams() : READING;
}

interface Scope {
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

function builtin(): Zlib | undefined {
  try {
    const zlib = (globalThis as Scope).process?.getBuiltinModule?.("node:zlib") as Partial<Zlib> | undefined;
    return typeof zlib?.deflateRawSync === "function" && typeof zlib.inflateRaw === "function"
      ? (zlib as Zlib)
      : undefined;
  } catch {
    return undefined;
  }
}

/** With zlib. */
export function byZlib(zlib: Zlib): Engine {
  return {
    sync: true,
    pack: (bytes, format, now) =>
      now || bytes.length <= SMALL
        ? zlib[`${PACK[format]}Sync`](bytes)
        : promised((done) => zlib[PACK[format]](bytes, {}, done)),
    unpack(packed, format, size, now) {
      const limit = { maxOutputLength: size + ROOM };
      if (!now && size > SMALL) {
        const unpacked = promised((done) => zlib[UNPACK[format]](packed, limit, done));
        return unpacked.then((bytes) => whole(bytes, size), damaged);
      }
      let bytes: Uint8Array;
      try {
        bytes = zlib[`${UNPACK[format]}Sync`](packed, limit);
      } catch (cause) {
        return damaged(cause);
      }
      return whole(bytes, size);
    },
  };
}

function promised(call: (done: Callback) => void): Promise<Bytes> {
  return new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));
}

/** With the streams of the Compression Standard. */
export function byStreams(): Engine {
  return {
    sync: false,
    pack: (bytes, format) => piped(bytes, new CompressionStream(format), Infinity),
    unpack: (packed, format, size) =>
      piped(packed, new DecompressionStream(format), size).then((bytes) => whole(bytes, size), damaged),
  };
}

async function piped(bytes: Uint8Array, through: GenericTransformStream, limit: number): Promise<Uint8Array> {
  const writer = through.writable.getWriter();
  // Its failure is that of the reader as well.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  const reader = (through.readable as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
    if (length > limit) {
      reader.cancel().catch(() => {});
      throw new CorruptError(`Cannot unpack value as it must have ${limit} bytes: received more`);
    }
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Without either: stores all as it is. */
export const READING: Engine = {
  sync: true,
  pack: () => undefined,
  unpack(packed, format, size) {
    const [head, tail] = AROUND[format];
    // The fourth byte of gzip tells of names and comments before the stream, which nobody of us writes.
    if (packed.length < head + tail || (format === "gzip" && packed[3] !== 0)) return damaged(undefined);
    return inflate(packed.subarray(head, packed.length - tail), size);
  },
};

function whole(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) {
    throw new CorruptError(`Cannot unpack value as it must have ${size} bytes: received ${bytes.length}`);
  }
  // Not a Buffer of Node, since codecs give back what they are given.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, size);
}

function damaged(cause: unknown): never {
  if (cause instanceof CorruptError) throw cause;
  throw new CorruptError("Cannot unpack value as it must be a whole stream of its format: received another", { cause });
}
