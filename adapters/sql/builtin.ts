/**
 * Modules that a runtime has built in, asked for in a way that no bundler follows and that imports nothing.
 *
 * @module
 */

interface Scope {
  readonly process?: { getBuiltinModule?(name: string): unknown; cwd?(): string };
  readonly navigator?: { readonly userAgent?: string };
}

/** A built-in module such as `node:sqlite`, or `undefined` where there is none (before Node 20.16 there never is). */
export function builtin<T>(name: string): T | undefined {
  return (globalThis as Scope).process?.getBuiltinModule?.(name) as T | undefined;
}

/** How the runtime calls itself, for example `Deno/2.9.6`; empty in Node before 21. */
export function userAgent(): string {
  return (globalThis as Scope).navigator?.userAgent ?? "";
}

/** The working folder. */
export function workingFolder(): string {
  return (globalThis as Scope).process?.cwd?.() ?? ".";
}
