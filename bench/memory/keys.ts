/**
 * The keys: strings and the numbers that they are of, in orders that are random and always the same.
 */
import type { Key, Setting } from "./contender.ts";

/** Makes the key of a number. A string is flat, and its hash is known, as that of a key that has been used before. */
export type KeyMaker = (id: number) => Key;

/** The key maker of a setting. */
export function keyMaker(keys: Setting["keys"]): KeyMaker {
  if (keys === "number") return (id) => id;
  // A look into any Set makes the engine compute the hash, which it keeps in the string.
  const hasher = new Set<string>([""]);
  return (id) => {
    // At most 12 characters: V8 makes longer ones as a tree of parts.
    const key = `key:${id}`;
    hasher.has(key);
    return key;
  };
}

/** Uniform numbers in [0, 1), always the same. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Puts the items in a random order, in place. */
export function shuffled<T>(items: T[], random: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const item = items[i]!;
    items[i] = items[j]!;
    items[j] = item;
  }
  return items;
}

/**
 * Draws ranks from 1 to `count` by Zipf's law: rank r as often as 1 / r ** exponent. By rejection-inversion (Hörmann
 * and Derflinger: "Rejection-inversion to generate variates from monotone discrete distributions", 1996), which needs no
 * table however many ranks there are.
 */
export function zipf(count: number, exponent: number, random: () => number): () => number {
  const power = 1 - exponent;
  const integral = (x: number): number => (x ** power - 1) / power;
  const inverse = (y: number): number => (1 + power * y) ** (1 / power);
  const first = integral(1.5) - 1;
  const last = integral(count + 0.5);
  const near = 2 - inverse(integral(2.5) - 2 ** -exponent);
  return () => {
    for (;;) {
      const drawn = last + random() * (first - last);
      const x = inverse(drawn);
      const rank = Math.min(count, Math.max(1, Math.round(x)));
      if (rank - x <= near || drawn >= integral(rank + 0.5) - rank ** -exponent) return rank;
    }
  };
}
