/**
 * Whose entries a call finds: the object that it is made on, as text.
 *
 * @module
 */
import { invalid, KeyError } from "../errors.ts";
import { encodeKey } from "../key.ts";
import { builtInName } from "./argument-key.ts";
import type { AnyFunction, Instance } from "./types.ts";

/** How the source of a function begins that has no `this` of its own: nothing else does so, but a method that is called `async`. */
const ARROW = /^(async)?\s*(\(|[^\s("'[]+\s*=>)/;

/** Whether this is the source of an arrow function. */
export function isArrow(source: string, name: string): boolean {
  return name !== "async" && ARROW.test(source.replace(/\/\*.*?\*\//gs, ""));
}

/** Tells the owner of a call by its `this`: a text that begins as none of an argument does, or nothing where it makes no difference. */
export type OwnerOf = (self: unknown) => string | undefined;

/**
 * What tells the owners of calls; `undefined` where there is no difference.
 *
 * @param name of the function, for errors
 * @throws {ConfigError} for a wrong `instance`
 */
export function ownerOf(fn: AnyFunction, instance: Instance | undefined, name: string): OwnerOf | undefined {
  if (typeof instance === "function") return (self) => `this ${JSON.stringify(encodeKey(instance(self)))}`;
  if (instance === "shared") return undefined;
  if (instance !== undefined) throw invalid("instance", '"shared" or a function', instance);
  const source = Function.prototype.toString.call(fn);
  if (fn.name.startsWith("bound ") || isArrow(source, fn.name)) return undefined;
  return (self) => {
    if (Object(self) !== self || self === globalThis) return undefined;
    // A collection of functions, none of which knows of it.
    if (["Object", "Array"].includes(builtInName(Object.getPrototypeOf(self))!)) return undefined;
    // It would get the results of all the others.
    throw new KeyError(`Cannot call ${name} on an object as instance must be given`);
  };
}
