/**
 * Hashes of keys.
 *
 * @module
 */

/**
 * 32 bits of a key: xor and multiply for each character, as in FNV-1a (Fowler, Noll, Vo 1991), and the end of MurmurHash3 (Appleby
 * 2011). Which keys collide depends on the seed, so who does not know it cannot choose them; who does gains little, see the policy.
 */
export function hashKey(key: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
