/**
 * Options of the Deno KV tier, checked once and frozen. Nothing is opened here.
 *
 * @module
 */

import type { BytesOptions } from "../../src/bytes/bytes.ts";
import { checkOptions } from "../../src/errors.ts";
import type { TierOptions } from "../../src/tier.ts";
import { fault, text, tierOptions } from "../options.ts";
import type { DenoKv } from "./kv.ts";

/** Options of {@linkcode denoKv}. */
export interface DenoKvOptions extends TierOptions, BytesOptions {
  /** First part of every key of ours, at most 100 characters. Nobody else may use it. Default `"tiercel"`. */
  prefix?: string | undefined;
}

/** {@linkcode DenoKvOptions}, complete, checked and frozen. */
export interface DenoKvSettings {
  readonly name: string;
  readonly target: DenoKv | string | undefined;
  readonly prefix: string;
  /** What the cache enforces. */
  readonly tier: TierOptions;
}

const LONGEST_PREFIX = 100;

/**
 * Checks options.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function resolveDenoKvOptions(target: DenoKv | string | undefined, options: DenoKvOptions): DenoKvSettings {
  checkOptions(options);
  const { getMany, atomic, list, commitVersionstamp } = Object(target) as Partial<DenoKv>;
  const isKv = [getMany, atomic, list, commitVersionstamp].every((method) => typeof method === "function");
  if (target !== undefined && !isKv && (typeof target !== "string" || target === ""))
    throw fault("target", "an open Deno.Kv, a path or a URL", target);
  const prefix = text("prefix", options.prefix ?? "tiercel");
  if (prefix.length > LONGEST_PREFIX || /[\0\p{Surrogate}]/u.test(prefix))
    throw fault("prefix", `a string of at most ${LONGEST_PREFIX} characters without NUL and lone surrogates`, prefix);
  return Object.freeze({ name: text("name", options.name ?? "deno-kv"), target, prefix, tier: tierOptions(options) });
}
