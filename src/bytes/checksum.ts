/**
 * xxHash32: tells bytes that were damaged, cut off or swapped from whole ones. It is no protection against an attacker.
 *
 * After the specification by Yann Collet, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md. Every step is
 * a bijection of the state, so a change within one 32-bit word, thus every single flipped bit, changes the hash.
 *
 * @module
 */

const P1 = 0x9e3779b1 | 0;
const P2 = 0x85ebca77 | 0;
const P3 = 0xc2b2ae3d | 0;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

/**
 * The xxHash32 of `bytes` from `start` to `end`.
 *
 * @param seed 32-bit integer; hashes with different seeds are unrelated. Default 0.
 * @returns unsigned 32-bit integer
 */
export function xxHash32(bytes: Uint8Array, seed = 0, start = 0, end: number = bytes.length): number {
  let at = start;
  let hash: number;
  if (end - start >= 16) {
    let v1 = (seed + P1 + P2) | 0;
    let v2 = (seed + P2) | 0;
    let v3 = seed | 0;
    let v4 = (seed - P1) | 0;
    for (const last = end - 16; at <= last; at += 16) {
      v1 = round(v1, word(bytes, at));
      v2 = round(v2, word(bytes, at + 4));
      v3 = round(v3, word(bytes, at + 8));
      v4 = round(v4, word(bytes, at + 12));
    }
    hash = (rotate(v1, 1) + rotate(v2, 7) + rotate(v3, 12) + rotate(v4, 18)) | 0;
  } else {
    hash = (seed + P5) | 0;
  }
  hash = (hash + (end - start)) | 0;
  for (; at + 4 <= end; at += 4) hash = Math.imul(rotate((hash + Math.imul(word(bytes, at), P3)) | 0, 17), P4);
  for (; at < end; at++) hash = Math.imul(rotate((hash + Math.imul(bytes[at]!, P5)) | 0, 11), P1);
  return avalanche(hash);
}

/**
 * A 32-bit hash of a string's code units that takes no bytes: FNV-1a by 16-bit units, then the length.
 * Two strings of one length that differ in one unit never have the same hash.
 *
 * @param seed 32-bit integer to go on from
 */
export function hashString(text: string, seed: number): number {
  let hash = seed | 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return avalanche(hash ^ Math.imul(text.length, P3));
}

/**
 * What {@linkcode hashString} makes of the text that ASCII bytes are; -1 where one of them is no ASCII.
 *
 * @param skipped where a part begins that is left out, up to `resumed`. Default none.
 */
export function hashAscii(
  bytes: Uint8Array,
  seed: number,
  start: number,
  end: number,
  skipped: number = end,
  resumed: number = end,
): number {
  let hash = seed | 0;
  let all = 0;
  for (let at = start === skipped ? resumed : start; at < end; at = at + 1 === skipped ? resumed : at + 1) {
    all |= bytes[at]!;
    hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  }
  return all > 0x7f ? -1 : avalanche(hash ^ Math.imul(end - start - (resumed - skipped), P3));
}

/** Spreads a change of any bit over all: the last step of xxHash32. */
export function avalanche(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, P2)) | 0, 13), P1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
