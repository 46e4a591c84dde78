/**
 * Abort signals among arguments. A caller's signal ends that caller's waiting and no more, since others may wait for the
 * same call: the function gets another one in its place, which aborts when nobody waits any longer.
 *
 * @module
 */

const NONE: readonly AbortSignal[] = [];

/** Whether a value is an `AbortSignal`, be it of another realm or a library: by what it can do, as not all have that name. */
export function isSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function";
}

/** The signals that are arguments, or the `signal` of one that is a plain object. */
export function signalsOf(args: readonly unknown[]): readonly AbortSignal[] {
  // Most calls have none, and are to allocate nothing for it.
  let signals = NONE;
  for (const arg of args) {
    if (typeof arg !== "object") continue;
    if (isSignal(arg)) signals = [...signals, arg];
    else if (hasSignal(arg)) signals = [...signals, arg.signal];
  }
  return signals;
}

/** The arguments with another signal in the place of each. */
export function withSignal(args: readonly unknown[], signal: AbortSignal): unknown[] {
  return args.map((arg) => (isSignal(arg) ? signal : hasSignal(arg) ? { ...arg, signal } : arg));
}

function hasSignal(arg: unknown): arg is { signal: AbortSignal } {
  if (!isSignal(Object(arg).signal)) return false;
  const prototype = Object.getPrototypeOf(arg);
  return prototype === null || prototype === Object.prototype;
}
