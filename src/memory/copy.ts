/**
 * Keeping values apart from what their users do to them.
 *
 * @module
 */
import { callable, oneOf, ValueError } from "../errors.ts";

/** What is done to a value on its way into memory, and out of it. */
export interface Copier {
  readonly into: ((value: unknown) => unknown) | undefined;
  readonly out: ((value: unknown) => unknown) | undefined;
}

/** @throws {ConfigError} for a wrong `clone` or `freeze` */
export function copier(clone: unknown, freeze: unknown): Copier {
  oneOf("freeze", [true, false], freeze);
  if (clone && clone !== "structured") callable("clone", clone);
  // Not the function itself: some runtimes ask for its `this`.
  const structured = (value: unknown): unknown => {
    try {
      return structuredClone(value);
    } catch (cause) {
      throw new ValueError("Cannot store value as structuredClone must be able to copy it", { cause });
    }
  };
  const copy = clone === "structured" ? structured : clone ? (clone as (value: unknown) => unknown) : undefined;
  return { into: freeze ? (value) => deepFreeze(copy ? copy(value) : value) : copy, out: copy };
}

/** Freezes plain objects and arrays, and what is in them. */
function deepFreeze<V>(value: V): V {
  const parts = new Set<unknown>([value]);
  for (const part of parts) {
    if (!Array.isArray(part) && !isPlain(part)) continue;
    Object.freeze(part);
    // What a getter makes is made anew for each caller.
    for (const name of Object.keys(part as object)) parts.add(Object.getOwnPropertyDescriptor(part, name)!.value);
  }
  return value;
}

/** Whether this is an object of no class, of whatever realm. */
function isPlain(part: unknown): boolean {
  if (Object.prototype.toString.call(part) !== "[object Object]") return false;
  const prototype = Object.getPrototypeOf(part) as object | null;
  return !prototype || (!Object.getPrototypeOf(prototype) && Object.hasOwn(prototype, "isPrototypeOf"));
}
