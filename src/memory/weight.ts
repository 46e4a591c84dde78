/**
 * How many bytes a value takes in memory, roughly.
 *
 * @module
 */

/** Parts of a value looked at before the rest is taken to be like them. */
const MAX_PARTS = 1_000;

/**
 * Estimates the heap bytes of a value as V8 keeps it on 64 bits: 24 for an object, 8 a property or item, a byte a
 * character (two where one of them needs it). Cycles and shared parts count once.
 */
export function estimateBytes(value: unknown): number {
  const queue: unknown[] = [value];
  const seen = new Set<unknown>();
  let bytes = 0;
  let parts = 0;
  for (const part of queue) {
    bytes += 8;
    if (typeof part === "string") bytes += 16 + part.length * (/[^\0-\xff]/.test(part) ? 2 : 1);
    else if (typeof part === "object" && part && !seen.has(part)) {
      seen.add(part);
      bytes += 16;
      if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) bytes += part.byteLength;
      else for (const item of part instanceof Map || part instanceof Set ? part : Object.values(part)) queue.push(item);
    }
    if (++parts === MAX_PARTS) break;
  }
  return Math.ceil((bytes * queue.length) / parts);
}
