/**
 * The slice of a KV binding that is used.
 *
 * @module
 */

/** What stands beside a value: its end and its mark, at most 1 KiB as JSON. */
export interface KvMetadata {
  /** `staleUntil` of the entry; left out where it never ends. */
  readonly end?: number;
  /** When it was written, see `Recent`. */
  readonly at?: number;
}

/** A name in a listing. */
export interface KvName {
  readonly name: string;
  readonly metadata?: unknown;
}

/** A KV namespace of Cloudflare. */
export interface KvNamespace {
  getWithMetadata(
    key: string,
    options: { type: "arrayBuffer"; cacheTtl?: number },
  ): Promise<{ value: ArrayBuffer | null; metadata: unknown }>;
  getWithMetadata(
    key: string,
    options: { type: "stream"; cacheTtl?: number },
  ): Promise<{ value: ReadableStream | null; metadata: unknown }>;
  put(key: string, value: Uint8Array, options: { expirationTtl?: number; metadata?: KvMetadata }): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: {
    prefix: string;
    limit: number;
    cursor?: string;
  }): Promise<{ readonly keys: readonly KvName[]; readonly list_complete: boolean; readonly cursor?: string }>;
}

/** The metadata of a value, as far as it is ours. */
export function metadataOf(metadata: unknown): KvMetadata {
  const { end, at } = (Object(metadata) ?? {}) as Record<string, unknown>;
  return {
    ...(typeof end === "number" && { end }),
    ...(typeof at === "number" && { at }),
  };
}
