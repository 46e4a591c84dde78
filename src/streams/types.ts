/**
 * Streams as their users see them.
 *
 * @module
 */
import type { KeyRing } from "../bytes/encryption/key-ring.ts";
import type { Duration } from "../duration.ts";
import type { Key } from "../key.ts";
import type { LoadContext } from "../load/loader.ts";
import type { CallOptions } from "../options.ts";

/** What a stream can be made of. A `ReadableStream` is read to its end, or cancelled where that does not succeed. */
export type StreamSource =
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | Blob
  | Uint8Array
  | ArrayBuffer;

/** Options of {@linkcode streams}. */
export interface StreamsOptions {
  /**
   * Bytes of one chunk, 1 KiB to 16 MiB, and the longest body that is kept with its entry as one. Less where a tier cannot hold so much.
   * Default 64 KiB.
   */
  readonly chunkBytes?: number | undefined;
  /**
   * Longest body. Default: no limit, but 16 MiB where the cache has memory alone, which keeps bodies whole.
   */
  readonly maxBytes?: number | undefined;
  /** Encrypts bodies and `meta` with keys of this ring, each stream with a key of its own. Default: as the tiers keep them. */
  readonly encryption?: KeyRing | undefined;
}

/** Options of a write. */
export interface StreamSetOptions extends CallOptions {
  /** Time to live. Default: the cache's. */
  readonly ttl?: Duration | undefined;
  /** How long after its ttl it may be served stale, where the source fails or the caller asks for it. Default: the cache's. */
  readonly grace?: Duration | undefined;
  readonly swr?: Duration | undefined;
  readonly jitter?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Version of what it is. Default: the cache's. */
  readonly version?: string | undefined;
  /** Any small value that the codecs of the tiers can encode; comes back with the stream. */
  readonly meta?: unknown;
  /** See `FreshnessOptions.lease`. Default `"10m"`, since a body takes its time. */
  readonly lease?: Duration | false | undefined;
}

/** Options of a read. */
export interface StreamGetOptions extends CallOptions {
  /** Version that it must have. Default: the cache's. */
  readonly version?: string | undefined;
  /** Whether a stream whose ttl is over, but not its `grace` or `swr`, may be the answer. Default `false`. */
  readonly stale?: boolean | undefined;
  /** Whether a stream that is being written in this process may be the answer, where there is no finished one. Default `false`. */
  readonly filling?: boolean | undefined;
}

/** Options of {@linkcode Streams.getOrSet}. */
export interface StreamLoadOptions extends Omit<StreamSetOptions, "meta"> {
  readonly softTimeout?: Duration | undefined;
  /** How long a load may take, to the last byte of its body. */
  readonly hardTimeout?: Duration | undefined;
  readonly refreshAhead?: number | undefined;
  readonly earlyRefresh?: number | undefined;
  readonly negativeTtl?: Duration | undefined;
  readonly leaseTimeout?: Duration | undefined;
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** What a loader is told and may decide; `stale` is what is known about the old stream. */
export interface StreamLoadContext extends LoadContext<StreamInfo> {
  /** Aborted when nobody waits any more before there is a body, or `hardTimeout` is over. */
  readonly signal: AbortSignal;
}

/** What a loader answers. */
export interface LoadedStream {
  readonly body: StreamSource;
  readonly meta?: unknown;
}

/** Makes the stream of a key. */
export type StreamLoader = (context: StreamLoadContext) => LoadedStream | Promise<LoadedStream>;

/** What is known about a stream without its body. */
export interface StreamInfo {
  /** What was given at the write. */
  readonly meta: unknown;
  /** Bytes; `undefined` of one that is still being written. */
  readonly size: number | undefined;
}

/**
 * A stream that was found. Times are milliseconds since the epoch; of one that is still being written, they are what is known so far:
 * when it began, and that it does not end.
 */
export interface FoundStream extends StreamInfo {
  /** Is to be read or cancelled. Errors with a `CorruptError` where a part of it is lost or damaged. */
  readonly body: ReadableStream<Uint8Array>;
  readonly createdAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly stale: boolean;
  /** Whether it is still being written. */
  readonly filling: boolean;
}

/** Streams in a cache, a namespace or a scope. */
export interface Streams {
  /**
   * Stores a stream, and ends when it is there for all. Until then, what was there stays.
   *
   * @throws {TierLimitError} for a body longer than `maxBytes`; {TierError} when no tier could store a chunk; {CodecError} for a `meta` that cannot
   * be encoded; what the source failed with; the reason of an aborted `signal`
   */
  set(key: Key, source: StreamSource, options?: StreamSetOptions): Promise<void>;
  /** The stream under a key; `undefined` where there is none, or its first bytes are lost or damaged. */
  get(key: Key, options?: StreamGetOptions): Promise<FoundStream | undefined>;
  /**
   * The stream under a key, or what the loader makes, which is stored while it is read. One load of a key at a time; all who come while it is
   * under way read what is there, and what comes as it comes. A reader that cancels does not end it.
   */
  getOrSet(key: Key, loader: StreamLoader, options?: StreamLoadOptions): Promise<FoundStream>;
  /** Whether a key has a fresh stream that this view's keys open, if it is encrypted. */
  has(key: Key, options?: CallOptions): Promise<boolean>;
  /** Deletes a stream; whether there was anything. Who is reading it in this process may read on. */
  delete(key: Key, options?: CallOptions): Promise<boolean>;
  /** Stores a response with its body, status and headers, which is read to its end. @throws {ValueError} for one that was read or has no status */
  setResponse(key: Key, response: Response, options?: Omit<StreamSetOptions, "meta">): Promise<void>;
  /** A new response of what `setResponse` stored; `undefined` for anything else. */
  getResponse(key: Key, options?: StreamGetOptions): Promise<Response | undefined>;
  /** Stores a blob with its type. */
  setBlob(key: Key, blob: Blob, options?: Omit<StreamSetOptions, "meta">): Promise<void>;
  /** What `setBlob` stored, whole; `undefined` for anything else. */
  getBlob(key: Key, options?: StreamGetOptions): Promise<Blob | undefined>;
  /**
   * Deletes chunks whose stream is gone: what was deleted, replaced or evicted as an entry, and not by the methods of here. Those of streams
   * that end expire by themselves. Answers with how many streams they were of.
   */
  prune(options?: CallOptions): Promise<number>;
}
