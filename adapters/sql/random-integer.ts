/**
 * Random numbers that nobody else draws: tokens of leases, origins in the journal.
 *
 * @module
 */

/** A random integer from 1 to 2^53 - 1, from the system's source. */
export function randomInteger(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
  return (high & 0x1f_ffff) * 2 ** 32 + low || 1;
}
