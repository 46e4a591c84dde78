/**
 * Randomness that repeats.
 *
 * @module
 */

/**
 * A generator that gives the same numbers, uniform in [0, 1), for the same seed: for `createCache({ random })` and
 * for tests that want disorder without chance.
 *
 * The algorithm is mulberry32 (Tommy Ettinger, public domain): 32 bits of state, so not for secrets.
 *
 * @param seed an integer; its lowest 32 bits count
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
