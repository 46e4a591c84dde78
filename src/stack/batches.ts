/**
 * Batches that a tier can take.
 *
 * @module
 */

/** Consecutive parts of at most `size`. */
export function split<T>(items: readonly T[], size: number): (readonly T[])[] {
  if (items.length <= size) return [items];
  const parts: (readonly T[])[] = [];
  for (let i = 0; i < items.length; i += size) parts.push(items.slice(i, i + size));
  return parts;
}
