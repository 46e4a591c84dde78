/**
 * Reading a stream that is there.
 *
 * @module
 */
import { type KeyRing, keysOf } from "../bytes/encryption/key-ring.ts";
import { free } from "../bytes/free.ts";
import { CorruptError } from "../errors.ts";
import type { Space } from "../space.ts";
import { bodyOf } from "./body.ts";
import { breathing } from "./breath.ts";
import { ChunkReader } from "./chunk-reader.ts";
import type { Head, Manifest } from "./manifest.ts";
import type { Room } from "./room.ts";
import { Sealing } from "./seal.ts";
import { chunksName, type Shelf } from "./shelf.ts";

/** Where a stream is read. */
export interface Place {
  readonly space: Space;
  readonly shelf: Shelf | undefined;
  readonly room: Room;
  readonly ring: KeyRing | undefined;
  /** The key as the tiers know it. */
  readonly text: string;
}

/** A stream whose beginning proved whole. */
export interface Stored {
  readonly head: Head;
  /** To be called once. */
  body(signal: AbortSignal | undefined): ReadableStream<Uint8Array>;
}

/** Whether the ring has the key of a stream; without a ring, whether it needs none. */
export async function canOpen({ seal }: Manifest, ring: KeyRing | undefined): Promise<boolean> {
  return ring && seal ? (await keysOf(ring)).find(seal.key) !== undefined : !ring && !seal;
}

/**
 * Opens a stream; `undefined` where it is encrypted and this program has not the key, or should be and is not.
 *
 * @param lost told when a part turns out to be missing or damaged later on
 * @throws {CorruptError} when its beginning is
 * @throws {TierError} when a tier that might have it does not answer
 */
export async function openStored(
  manifest: Manifest,
  { space, shelf, room, ring, text }: Place,
  lost: (error: CorruptError) => void,
): Promise<Stored | undefined> {
  const { count, parts, id, seal } = manifest;
  if (Boolean(seal) !== Boolean(ring) || (id !== undefined && !shelf)) return undefined;
  const sealing = ring && (await Sealing.open(ring, seal!, space, text));
  if (ring && !sealing) return undefined;
  const head = sealing ? await sealing.head(seal!, count) : manifest.head!;
  const name = id === undefined ? undefined : chunksName(id, text);
  const opened = async (index: number, bytes: Uint8Array | undefined): Promise<Uint8Array> => {
    if (!bytes) throw new CorruptError(`Cannot read stream as its chunk ${index} must be there: received none`);
    const isLast = index === count - 1;
    const plain = sealing ? await sealing.decrypt(index, bytes, isLast) : bytes;
    // What was read of a shelf is ours.
    if (sealing && !parts) free(bytes);
    const length = isLast ? head.size - index * head.chunk : head.chunk;
    // Memory has the very value.
    if (plain.length === length) return parts && !sealing ? plain.slice() : plain;
    throw new CorruptError(
      `Cannot read stream as its chunk ${index} must have ${length} bytes: received ${plain.length}`,
    );
  };
  const load = async (from: number, some: number): Promise<readonly Promise<Uint8Array>[]> => {
    const found = parts ? parts.slice(from, from + some) : await shelf!.read(name!, from, some);
    return found.map((bytes, i) => opened(from + i, bytes));
  };
  const chunks = new ChunkReader(load, () => count, breathing(space.engine.options.clock));
  const release = name === undefined ? () => {} : room.hold(name);
  try {
    await chunks.at(0);
  } catch (error) {
    release();
    throw error;
  }
  let index = 0;
  const next = async (): Promise<Uint8Array | undefined> => {
    if (index === count) return undefined;
    try {
      const bytes = await chunks.at(index++);
      return bytes.length > 0 ? bytes : undefined;
    } catch (error) {
      if (error instanceof CorruptError) lost(error);
      throw error;
    }
  };
  return { head, body: (signal) => bodyOf(next, release, signal) };
}
