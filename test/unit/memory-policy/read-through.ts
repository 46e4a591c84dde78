import { TinyLfu } from "../../../src/memory/policy/tiny-lfu.ts";

/** The default policy as a read-through cache of numbers, with its columns at hand. */
export interface ReadThrough {
  readonly policy: TinyLfu;
  /** The number that is, or was last, in a slot. */
  readonly keys: readonly number[];
  /** Hashes that the policy has asked for. */
  readonly hashed: number;
  /** Whether a number is there; it is afterwards. */
  ask(key: number, weight?: number): boolean;
  /** Whether it is there, without asking for it. */
  has(key: number): boolean;
  /** The slot of a number that is there. */
  slot(key: number): number;
  /** Removes a number. */
  drop(key: number): void;
}

/** A hash whose bits all depend on all bits of the number. */
export function hashOf(key: number): number {
  const mixed = Math.imul(key ^ (key >>> 15), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) ^ (mixed >>> 16);
}

/** Room for numbers that weigh so much together, or for so many, as each weighs 1. */
export function readThrough(room: number, isWeighted = false): ReadThrough {
  const slots = new Map<number, number>();
  const keys: number[] = [];
  let hashed = 0;
  const policy = new TinyLfu(
    isWeighted ? Number.POSITIVE_INFINITY : room + 1,
    (slot) => {
      hashed++;
      return hashOf(keys[slot]!);
    },
    isWeighted,
  );
  return {
    policy,
    keys,
    get hashed() {
      return hashed;
    },
    ask(key, weight = 1) {
      const known = slots.get(key);
      if (known !== undefined) {
        policy.hit(known);
        return true;
      }
      const slot = policy.take();
      keys[slot] = key;
      slots.set(key, slot);
      policy.insert(slot, weight);
      while (policy.weight > room) slots.delete(keys[policy.evict()]!);
      return false;
    },
    has: (key) => slots.has(key),
    slot: (key) => slots.get(key)!,
    drop(key) {
      const slot = slots.get(key);
      if (slot !== undefined && slots.delete(key)) policy.remove(slot);
    },
  };
}
