/**
 * Cached functions: `cache.wrap`.
 *
 * A call is a `getOrSet` in the namespace of the function, under the key of its arguments. A hit in memory that needs no
 * look at its entry takes a path of its own, which is as short as that of `getOrSet`.
 *
 * @module
 */
import { callable, invalid, KeyError, oneOf } from "../errors.ts";
import { encodeKey, isPlain, type Key } from "../key.ts";
import { resolveLifetimes } from "../lifetimes.ts";
import type { LoadContext, Loader } from "../load/loader.ts";
import { finalize, settle, then } from "../maybe.ts";
import type { LoadOptions } from "../options.ts";
import { isChoosy } from "../schema.ts";
import type { MaybePromise } from "../tier.ts";
import { abortable } from "../timeout.ts";
import type { Verbs } from "../verbs/verbs.ts";
import { newRequest } from "../write.ts";
import { keyOf, keyRules, PARENTHESIS, textsOf } from "./argument-key.ts";
import { ownerOf } from "./owner.ts";
import { type AnyOptions, newPlace } from "./place.ts";
import { repeatable } from "./repeatable.ts";
import { signalsOf, withSignal } from "./signals.ts";
import { fromStored, ofStored, toStored } from "./stand-in.ts";
import type { AnyFunction, FunctionHelpers, WithOptions, Wrapped } from "./types.ts";

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

type Args = readonly unknown[];

/** So many texts of one character are remembered for a function, half as many of two, and so on: they stay when their entries are gone. */
const ROOM = 300_000;

/**
 * Wraps a function.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function wrap(view: Verbs, fn: AnyFunction, options: AnyOptions = NOTHING): Wrapped {
  repeatable(fn);
  view.check(options as LoadOptions);
  const { key: makeKey, instance, onKeyError = "throw", schema } = options;
  if (makeKey !== undefined) callable("key", makeKey);
  if (options.shouldCache) callable("shouldCache", options.shouldCache);
  oneOf("onKeyError", ["throw", "bypass"], onKeyError);
  const { engine } = view;
  const { ttl, tags, shouldCache, validate, tiers, name = fn.name } = options;
  const rules = keyRules(name, options);
  const ownerOfCall = ownerOf(fn, instance, name);
  // What is not of a load, a load does not look at.
  const base: LoadOptions = { ...(options as object) };
  if (schema) base.schema = ofStored(schema);
  // A wrong one throws now.
  resolveLifetimes(base, engine.options);
  const place = newPlace(view, fn, options);
  // No leases where the tier that gives them has no part in it.
  const giver = engine.store.tiers.findLast(({ capabilities }) => capabilities.tags && !capabilities.readOnly);
  if (giver && tiers?.includes(giver.name) === false) base.lease = false;
  const { root } = place;

  const isDynamic = [ttl, tags, shouldCache, validate].some((option) => typeof option === "function");
  /** Options of a load, with functions that are told of the call. */
  const optionsOf = (args: Args): LoadOptions => {
    if (!isDynamic) return base;
    const given = [...args];
    const told = (option: unknown): never =>
      (typeof option === "function" ? (stored: unknown) => option(fromStored(stored), given) : option) as never;
    const own: LoadOptions = { ...base, ttl: told(ttl), tags: told(tags), shouldCache: told(shouldCache) };
    if (validate) own.validate = (entry) => validate({ ...entry, value: fromStored(entry.value) as never }, given);
    return own;
  };

  /** @throws {KeyError} for arguments that cannot be a key, and for ids that are none */
  const keyOfCall = (self: unknown, args: Args): Key => {
    if (!makeKey) return keyOf(textsOfCall(self, args));
    const own = makeKey.apply(self, [...args]);
    const owner = ownerOfCall?.(self);
    return owner === undefined ? own : [owner, encodeKey(own)];
  };
  const textsOfCall = (self: unknown, args: Args): readonly string[] => {
    const owner = ownerOfCall?.(self);
    return owner === undefined ? textsOf(args, rules) : [owner, ...textsOf(args, rules)];
  };

  const isQuick =
    place.isQuick && !isChoosy(optionsOf([])) && !(base.version || base.refreshAhead || base.earlyRefresh);
  const isDirect = isQuick && !makeKey && rules.excludeArgs.size === 0 && typeof instance !== "function";

  /** Texts of the keys of single arguments: putting one together takes as long as finding its entry. */
  const texts = new Map<unknown, string>();

  const bypass = (self: unknown, args: Args, signal?: AbortSignal): Promise<unknown> =>
    abortable(
      settle(() => {
        if (signal?.aborted) throw signal.reason;
        return fn.apply(self, [...args]) as MaybePromise<unknown>;
      }),
      signal,
    );

  /** @param text of the key, where it is known */
  const load = (
    self: unknown,
    args: Args,
    { mode, signal, ttl }: WithOptions = NOTHING,
    text?: string,
  ): Promise<unknown> => {
    if (mode === "bypass") return bypass(self, args, signal);
    let key: Key;
    let verbs: Verbs;
    try {
      key = keyOfCall(self, args);
      verbs = place.at(self, args);
      if (onKeyError === "bypass") verbs.space.encode(key);
    } catch (error) {
      if (!(error instanceof KeyError) || onKeyError !== "bypass") return Promise.reject(error);
      engine.emit("error", () => ({ error, operation: "key" }));
      return bypass(self, args, signal);
    }
    const passed = signalsOf(args);
    const signals = signal ? [signal, ...passed] : passed;
    const hit = isQuick && !mode && signals.length === 0 ? verbs.quick(key) : undefined;
    if (hit !== undefined) return Promise.resolve(fromStored(hit));
    place.used(verbs, key);
    // Not by AbortSignal.any, which the edge does not have.
    const any = signals.length > 1 ? new AbortController() : undefined;
    const own = optionsOf(args);
    const given: LoadOptions = {
      ...own,
      ttl: ttl ?? own.ttl,
      signal: any ? (signals.find(({ aborted }) => aborted) ?? any.signal) : signals[0],
    };
    const loader = (context: LoadContext) =>
      then(fn.apply(self, passed.length > 0 ? withSignal(args, context.signal) : [...args]), toStored);
    const loaded = settle(() => {
      verbs.check(given);
      const { loads } = engine;
      return mode
        ? loads.refresh(newRequest(key, given, verbs.space, loader as Loader))
        : verbs.getOrSet(key, loader as Loader, given, (request) =>
            // One string for both: what is found under the very same one is found sooner.
            loads.run(request.text === text ? { ...request, text } : request),
          );
    });
    if (any) for (const one of signals) abortable(loaded, one, (reason) => any.abort(reason)).catch(() => {});
    return loaded.then(fromStored);
  };

  const call = (self: unknown, args: Args): Promise<unknown> => {
    if (isDirect && args.length === 1 && (self === undefined || !ownerOfCall)) {
      const first = args[0];
      let text = texts.get(first);
      if (text === undefined) {
        text = textOf(first, root.space.prefix);
        if (text && texts.size < ROOM / text.length) texts.set(first, text);
      }
      const hit = text === undefined ? undefined : root.quickText(text);
      return hit === undefined ? load(self, args, NOTHING, text) : Promise.resolve(fromStored(hit));
    }
    return load(self, args);
  };

  /** Does something that is no call. */
  const run = <T>(step: () => MaybePromise<T>): Promise<T> =>
    settle(() => {
      root.check(undefined);
      return step();
    });

  const remove = (verbs: Verbs, key: Key): MaybePromise<boolean> => {
    place.forget(verbs, key);
    return then(verbs.delete([key]), Boolean);
  };

  /** A function with helpers, those of one object where it is given. */
  const faceOf = (owner?: object): Wrapped => {
    const face = function (this: unknown, ...args: Args) {
      return call(owner ?? this, args);
    };
    const at = <T>(args: Args, step: (verbs: Verbs, key: Key) => MaybePromise<T>): Promise<T> =>
      run(() => step(place.at(owner, args), keyOfCall(owner, args)));
    const helpers: FunctionHelpers = {
      get: (...args) => at(args, (verbs, key) => verbs.get(key, optionsOf(args) as never)).then(fromStored),
      set: (args, value) => at(args, (verbs, key) => verbs.set(key, toStored(value), optionsOf(args) as never)),
      has: (...args) => at(args, (verbs, key) => verbs.has(key, base.version)),
      invalidate: (...args) => at(args, remove),
      invalidateMatching: (...args) =>
        run(() => {
          if (makeKey) throw invalid("key", "left out where arguments are matched", makeKey);
          const texts = textsOfCall(owner, args);
          const verbs = place.at(owner, args);
          // The call with just these, and those with more.
          const exact = verbs.delete(texts.length > 0 ? [keyOf(texts)] : []);
          const pattern = texts.length > 0 ? `(${texts.join()},`.replace(/[\\*?[]/g, "\\$&") : "";
          return then(exact, (one) => then(verbs.invalidatePattern(`${pattern}*`), (more) => one + more));
        }),
      expire: (...args) =>
        at(args, (verbs, key) => {
          const { space } = verbs;
          const { fence, loads, store } = engine;
          const text = space.encode(key);
          const leave = () => {
            loads.detach([text]);
            fence.mark(text);
          };
          // What is loaded by now, here or elsewhere, is from before, also where there is nothing yet.
          leave();
          store.leases?.release(text);
          const read = verbs.coherent(() => space.read([key], { peek: true, metaOnly: true, version: null }));
          return then(read, ({ found: [item] }) => {
            if (!item) return false;
            const { grace, swr } = resolveLifetimes(base, engine.options);
            const freshUntil = engine.now();
            const staleUntil = Math.min(item.entry.staleUntil, freshUntil + Math.max(grace, swr));
            // What has been read meanwhile is not to be copied up.
            leave();
            return staleUntil > freshUntil
              ? finalize(() => store.touch({ key: text, freshUntil, staleUntil }), leave, Boolean)
              : remove(verbs, key);
          });
        }),
      refresh: (...args) => load(owner, args, { mode: "refresh" }),
      clear: () => run(place.clear),
      keyFor: (...args) => keyOfCall(owner, args),
      info: () => run(() => then(place.size(), (size) => ({ name, ...root.space.counters, size }))),
      with: (how) => {
        oneOf("mode", ["bypass", "refresh"], how.mode ?? "bypass");
        return function (this: unknown, ...args: Args) {
          return load(owner ?? this, args, how);
        };
      },
      for: faceOf,
      original: fn,
      options: Object.freeze({ ...options, name }),
    };
    Object.defineProperties(face, { name: { value: fn.name }, length: { value: fn.length } });
    return Object.assign(face, helpers) as Wrapped;
  };
  return faceOf();
}

/** Text of the key of a single argument, where it takes no more than the argument. A Map takes 0 for -0. */
function textOf(only: unknown, prefix: string): string | undefined {
  if (typeof only === "number" && only !== 0) return `${prefix}(${only})`;
  if (typeof only !== "string" || only.charCodeAt(0) === PARENTHESIS || !isPlain(only)) return undefined;
  return prefix + only;
}
