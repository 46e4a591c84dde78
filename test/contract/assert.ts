/**
 * The few assertions that the suites need, without a dependency, alike on every runtime.
 *
 * @module
 */

/** An assertion did not hold. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Holds when `value` is truthy. */
export function ok(value: unknown, message = "expected a truthy value"): asserts value {
  if (!value) throw new AssertionError(`${message}: received ${show(value)}`);
}

/** Holds when both are the same by `Object.is`. */
export function same(actual: unknown, expected: unknown, message = "not the same"): void {
  if (!Object.is(actual, expected)) {
    throw new AssertionError(`${message}: expected ${show(expected)}, received ${show(actual)}`);
  }
}

/** Holds when both are deeply equal: prototypes, own keys, `-0`, `NaN`, Map, Set, Date, RegExp, Error, bytes, cycles. */
export function equal(actual: unknown, expected: unknown, message = "not equal"): void {
  if (!isEqual(actual, expected)) {
    throw new AssertionError(`${message}: expected ${show(expected)}, received ${show(actual)}`);
  }
}

/** What an error must be: a class, or the `code` that it carries. */
export type Expected = string | (abstract new (...args: never[]) => Error);

/** Holds when `run` throws the expected error, which it returns. */
export function throws(run: () => unknown, expected: Expected): Error {
  try {
    run();
  } catch (error) {
    return matched(error, expected);
  }
  throw new AssertionError(`expected ${expectation(expected)}, but nothing was thrown`);
}

/** Holds when the promise rejects with the expected error, which it returns. */
export async function rejects(promise: Promise<unknown> | (() => unknown), expected: Expected): Promise<Error> {
  try {
    await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    return matched(error, expected);
  }
  throw new AssertionError(`expected ${expectation(expected)}, but it resolved`);
}

function matched(error: unknown, expected: Expected): Error {
  const matches =
    typeof expected === "string" ? (error as { code?: unknown })?.code === expected : error instanceof expected;
  if (!matches || !(error instanceof Error)) {
    throw new AssertionError(
      `expected ${expectation(expected)}, received ${error instanceof Error ? (error.stack ?? error) : show(error)}`,
    );
  }
  return error;
}

function expectation(expected: Expected): string {
  return typeof expected === "string" ? `an error with code ${expected}` : `a ${expected.name}`;
}

function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Map) return `Map(${show([...value])})`;
  if (value instanceof Set) return `Set(${show([...value])})`;
  if (typeof value === "object" && value !== null) {
    try {
      const text = JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part)) ?? String(value);
      return text.length > 400 ? `${text.slice(0, 400)}…` : text;
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Deep equality, see {@linkcode equal}. */
export function isEqual(left: unknown, right: unknown, seen: Map<object, unknown> = new Map()): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (seen.has(left)) return seen.get(left) === right;
  seen.set(left, right);
  if (Object.prototype.toString.call(left) !== Object.prototype.toString.call(right)) return false;
  if (left instanceof Date) return Object.is(left.getTime(), (right as Date).getTime());
  if (left instanceof RegExp) return String(left) === String(right);
  if (left instanceof Error) {
    const other = right as Error;
    return left.name === other.name && left.message === other.message && isEqual(left.cause, other.cause, seen);
  }
  if (ArrayBuffer.isView(left) || left instanceof ArrayBuffer)
    return isSameBytes(toBytes(left), toBytes(right as ArrayBuffer));
  if (left instanceof Map) return isEqual([...left], [...(right as Map<unknown, unknown>)], seen);
  if (left instanceof Set) return isEqual([...left], [...(right as Set<unknown>)], seen);
  const keys = Reflect.ownKeys(left);
  const others = new Set(Reflect.ownKeys(right));
  if (keys.length !== others.size) return false;
  return keys.every(
    (key) =>
      others.has(key) &&
      isEqual((left as Record<PropertyKey, unknown>)[key], (right as Record<PropertyKey, unknown>)[key], seen),
  );
}

function toBytes(view: ArrayBufferView | ArrayBuffer): Uint8Array {
  return view instanceof ArrayBuffer
    ? new Uint8Array(view)
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
