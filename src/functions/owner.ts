/**
 * Whose entries a call finds: the object that it is made on, as text.
 *
 * @module
 */
import { invalid, KeyError } from "../errors.ts";
import { encodeKey } from "../key.ts";
import { builtInName } from "./argument-key.ts";
import type { AnyFunction, Instance } from "./types.ts";

/** How functions begin that have no `this` of their own. */
const ARROW = /^(?:async\s*)?(?:\([^()]*\)|[\w$]+)\s*=>/;

/** Tells the owner of a call by its `this`: a text that begins as none of an argument does, or nothing where it makes no difference. */
export type OwnerOf = (self: unknown) => string | undefined;

/**
 * What tells the owners of calls; `undefined` where there is no difference.
 *
 * @throws {ConfigError} for a wrong `instance`
 */
export function ownerOf(fn: AnyFunction, instance: Instance | undefined): OwnerOf | undefined {
  if (typeof instance === "function") return (self) => `this ${JSON.stringify(encodeKey(instance(self)))}`;
  if (instance === "shared") return undefined;
  if (instance !== undefined) throw invalid("instance", '"shared" or a function', instance);
  if (fn.name.startsWith("bound ") || ARROW.test(Function.prototype.toString.call(fn))) return undefined;
  return (self) => {
    if (Object(self) !== self || self === globalThis) return undefined;
    const prototype = Object.getPrototypeOf(self);
    // A collection of functions, and no object of a class.
    if (prototype === null || ["Object", "Array"].includes(builtInName(prototype)!)) return undefined;
    // It would get the results of all the others.
    throw new KeyError(`Cannot call ${fn.name} on an object of a class as instance must say whose results it finds`);
  };
}
