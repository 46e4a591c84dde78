/**
 * Whether packages are there that are loaded only when they are needed.
 *
 * @module
 */
import { hasTimers } from "../src/clock.ts";
import { builtin, workingFolder } from "./sql/builtin.ts";

interface NodeModule {
  createRequire(from: string): { resolve(name: string): string };
}

interface Scope {
  readonly Bun?: unknown;
  readonly Deno?: unknown;
  readonly process?: { readonly release?: { readonly name?: string } };
}

/**
 * Whether it is known that none of these packages can be loaded: Node finds no trace of them, neither from a module nor from
 * the working folder. `false` wherever that cannot be told, as in a bundle that was made elsewhere.
 *
 * @param from URL of the module that is to load them
 */
export function areMissing(names: readonly string[], from: string): boolean {
  const { Bun, Deno, process } = globalThis as Scope;
  if (Bun !== undefined || Deno !== undefined || process?.release?.name !== "node" || !hasTimers()) return false;
  try {
    // Without their prefixes, which a bundle for the edge must not have in it.
    const { createRequire } = builtin<NodeModule>("module")!;
    const { existsSync } = builtin<{ existsSync(path: URL): boolean }>("fs")!;
    // A bundler may have written down where it found the module.
    if (!existsSync(new URL(from))) return false;
    const places = [from, `${workingFolder()}/`].map((place) => createRequire(place));
    return places.every(({ resolve }) => names.every((name) => isUnknown(() => resolve(name))));
  } catch {
    return false;
  }
}

function isUnknown(resolve: () => string): boolean {
  try {
    resolve();
    return false;
  } catch (error) {
    return (error as { code?: unknown } | null)?.code === "MODULE_NOT_FOUND";
  }
}
