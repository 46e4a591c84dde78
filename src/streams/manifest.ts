/**
 * The manifest: what stands under the key of a stream, as any value of the cache does. A short body is part of it; of a long one it says
 * where the chunks are. docs/format.md has it field by field.
 *
 * @module
 */

/** The name of the field that no other value has; its value is the version of the format. */
export const MARK = "tiercel-stream";

/** What of a manifest is hidden where streams are encrypted. */
export interface Head {
  /** Bytes of the body. */
  readonly size: number;
  /** Bytes of every chunk but the last. */
  readonly chunk: number;
  /** What `setResponse` and `setBlob` make. */
  readonly kind?: Kind;
  readonly meta?: unknown;
}

/** What a stream was made of, where that is more than bytes. */
export type Kind = "response" | "blob";

/** What is needed to read an encrypted stream, besides the ring. */
export interface Seal {
  /** Id of the key in the ring: 4 bytes. */
  readonly key: Uint8Array;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** The head, encrypted. */
  readonly head: Uint8Array;
}

/** A manifest as it is stored. */
export interface Manifest {
  readonly [MARK]: 1;
  /** Absent where it is encrypted. */
  readonly head?: Head;
  readonly seal?: Seal;
  /** Number of chunks: `size` through `chunk`, at least 1. */
  readonly count: number;
  /** The chunks themselves, where they are not elsewhere. */
  readonly parts?: readonly Uint8Array[];
  /** What tells the chunks of this stream from those of all others: 22 characters of base64url. */
  readonly id?: string;
}

/** The manifest that a value is, or `undefined`. */
export function manifestOf(value: unknown): Manifest | undefined {
  if (typeof value !== "object" || value === null || (value as Manifest)[MARK] !== 1) return undefined;
  const { head, seal, count, parts, id } = value as Manifest;
  const isWhole =
    isCount(count) &&
    (parts ? Array.isArray(parts) && parts.length === count && parts.every(isBytes) : typeof id === "string") &&
    (seal
      ? [seal.key, seal.salt, seal.head].every(isBytes)
      : head && Number.isSafeInteger(head.size) && isCount(head.chunk) && countOf(head) === count);
  return isWhole ? (value as Manifest) : undefined;
}

/** How many chunks a body has. */
export function countOf({ size, chunk }: Head): number {
  return Math.max(1, Math.ceil(size / chunk));
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array;
}
