/**
 * How many bytes a value takes in memory, roughly.
 *
 * @module
 */

/** Parts of a value looked at before the rest is taken to be like them. */
const MAX_PARTS = 1_000;

/**
 * Estimates the heap bytes of a value as V8 keeps it on 64 bits: 24 for an object, 8 a property or item, a byte a
 * character (two where one of them needs it). Cycles and shared parts count once, getters are not run.
 */
export function estimateBytes(value: unknown): number {
  const queue: unknown[] = [value];
  const seen = new Set<unknown>();
  let bytes = 0;
  let parts = 0;
  let all = 1;
  for (const part of queue) {
    bytes += 8;
    if (typeof part === "string") bytes += 16 + part.length * (/[^\0-\xff]/.test(part) ? 2 : 1);
    else if (typeof part === "object" && part && !seen.has(part)) {
      seen.add(part);
      bytes += 16;
      try {
        if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) bytes += part.byteLength;
        else all += add(queue, part);
      } catch {
        // What can't be looked into, as a proxy that throws, has no parts.
      }
    }
    if (++parts === MAX_PARTS) break;
  }
  return Math.ceil((bytes * all) / parts);
}

/** Adds the parts of an object as far as they are looked at, without running getters; answers with how many there are. */
function add(queue: unknown[], object: object): number {
  const room = MAX_PARTS - queue.length;
  if (object instanceof Map || object instanceof Set) {
    let added = 0;
    for (const item of object)
      if (added++ < room) queue.push(item);
      else break;
    return object.size;
  }
  const isArray = Array.isArray(object);
  const names = isArray ? undefined : Object.keys(object);
  const { length } = names ?? (object as unknown[]);
  const looked = Math.min(length, room);
  let holes = 0;
  for (let at = 0; at < looked; at++) {
    if (names) queue.push(Object.getOwnPropertyDescriptor(object, names[at]!)?.value);
    else if (at in object) queue.push((object as unknown[])[at]);
    else holes++;
  }
  return holes === 0 ? length : length * (1 - holes / looked);
}
