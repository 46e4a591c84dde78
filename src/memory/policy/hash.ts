/**
 * Hashes of keys.
 *
 * @module
 */

/**
 * 32 bits of a key, two characters at a time: xor, multiply and shift, as in MurmurHash3 (Appleby 2011). Who does not
 * know the seed cannot choose keys that collide; who does gains little, see the policy.
 */
export function hashKey(key: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
