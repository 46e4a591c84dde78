/**
 * The registry of a program: caches by name, `tiercel/registry`. It is never needed.
 *
 * @module
 */
import type { Cache, Disabled, TagChoice } from "./api.ts";
import { createCache } from "./cache.ts";
import { checkTags, number } from "./checks.ts";
import { toMilliseconds } from "./duration.ts";
import { ConfigError, checkOptions, invalid, methods } from "./errors.ts";
import { listOf } from "./key.ts";
import { boundsOf } from "./memory/options.ts";
import type { CacheOptions } from "./options.ts";
import { type PlainConfig, plainConfig } from "./registry-config.ts";
import type { Registry, RegistryDefaults } from "./registry-types.ts";
import { resolveOptions } from "./resolved.ts";
import type { AnyScopes, NoScopes } from "./scope/types.ts";

/** One `disable` that was not taken back. */
interface Disabling {
  readonly tags: readonly string[] | undefined;
  /** Of the caches and libraries that are registered. */
  readonly handles: Map<object, Disabled>;
}

/** Options that belong to a single cache, with what to do instead. */
const OWN = ["name", "tiers", "scopes"];

/** Makes a registry. Programs have {@linkcode registry}; one of their own is for tests. */
export function createRegistry(): Registry {
  return new CacheRegistry("", new Map());
}

class CacheRegistry implements Registry {
  readonly scope: string;
  readonly #caches = new Map<string, Cache<AnyScopes>>();
  readonly #configs = new Map<string, CacheOptions<AnyScopes>>();
  readonly #libraries = new Map<string, CacheRegistry>();
  /** What it and all libraries have made, by the names that tiers know. */
  readonly #made: Map<string, Cache<AnyScopes>>;
  #defaults: RegistryDefaults = {};
  #disablings: Disabling[] = [];

  constructor(scope: string, made: Map<string, Cache<AnyScopes>>) {
    this.scope = scope;
    this.#made = made;
  }

  create<S extends AnyScopes = NoScopes>(options: CacheOptions<S> & { name: string }): Cache<S> {
    checkOptions(options);
    const { name } = options;
    this.#free(name);
    const whole = this.scope === "" ? name : `${this.scope}.${name}`;
    if (this.#made.get(whole)?.closed === false)
      throw invalid("name", "that of no other cache, also of libraries", whole);
    const all = { ...this.#defaults, ...given(options) } as CacheOptions<S>;
    if (all.tiers && options.maxEntries === undefined) delete all.maxEntries;
    const cache = createCache<S>({ ...all, name: whole });
    this.#made.set(whole, cache as unknown as Cache<AnyScopes>);
    this.#caches.set(name, cache as unknown as Cache<AnyScopes>);
    this.#configs.set(name, all as CacheOptions<AnyScopes>);
    this.#follow(cache as unknown as Cache<AnyScopes>);
    return cache;
  }

  register<C extends Cache<AnyScopes>>(cache: C, name: string = cache?.name): C {
    methods("cache", cache ?? null, "disable", "close");
    this.#free(name);
    this.#caches.set(name, cache);
    this.#follow(cache);
    return cache;
  }

  #free(name: unknown): void {
    if (typeof name !== "string" || name === "") throw invalid("name", "a string that is not empty", name);
    const known = this.#caches.get(name);
    if (known && !known.closed) throw invalid("name", "that of no other cache of the registry", name);
    if (known) this.#leave(known);
    this.#configs.delete(name);
  }

  get(name: string): Cache<AnyScopes> {
    const cache = this.#caches.get(name);
    if (cache) return cache;
    const known = this.names().map((one) => JSON.stringify(one));
    throw new ConfigError(
      "name",
      `Cannot find cache ${JSON.stringify(name)} as it must be registered first: there ${
        known.length === 0 ? "is none" : `is ${known.join(", ")}`
      }`,
    );
  }

  has(name: string): boolean {
    return this.#caches.has(name);
  }

  names(): string[] {
    return [...this.#caches.keys()];
  }

  configure(patch: { [K in keyof RegistryDefaults]: RegistryDefaults[K] | undefined }): void {
    checkOptions(patch, "patch");
    const own = OWN.find((option) => option in patch);
    if (own) throw invalid(own, "given to a cache itself", (patch as Record<string, unknown>)[own]);
    const defaults = given({ ...this.#defaults, ...patch }) as RegistryDefaults;
    // Refused now, and not by the cache that is made next.
    resolveOptions(defaults);
    boundsOf(defaults, Infinity);
    this.#defaults = defaults;
  }

  getConfig(name: string): PlainConfig {
    this.get(name);
    const options = this.#configs.get(name);
    if (!options) throw invalid("name", "that of a cache which the registry has made", name);
    return plainConfig(options);
  }

  getAllConfigs(): Record<string, PlainConfig> {
    return Object.fromEntries([...this.#configs.keys()].map((name) => [name, this.getConfig(name)]));
  }

  isolate(library: string): Registry {
    if (typeof library !== "string" || !/^[\w-]{1,32}$/.test(library))
      throw invalid("library", "1 to 32 of A-Z a-z 0-9 _ -", library);
    let own = this.#libraries.get(library);
    if (!own) {
      own = new CacheRegistry(this.scope === "" ? library : `${this.scope}.${library}`, this.#made);
      this.#libraries.set(library, own);
      this.#follow(own);
    }
    return own;
  }

  /** What comes later is switched off as well. */
  #follow(one: Pick<Registry, "disable">): void {
    for (const { tags, handles } of this.#disablings)
      if (!handles.has(one)) handles.set(one, one.disable(tags && { tags }));
  }

  #leave(cache: object): void {
    for (const { handles } of this.#disablings) handles.delete(cache);
  }

  disable(options?: TagChoice): Disabled {
    const disabling: Disabling = { tags: tagsOf(options), handles: new Map() };
    this.#disablings.push(disabling);
    for (const one of [...this.#caches.values(), ...this.#libraries.values()]) this.#follow(one);
    const enable = (): void => this.#end(disabling);
    return { enable, [Symbol.dispose]: enable };
  }

  enable(options?: TagChoice): void {
    const wanted = JSON.stringify(tagsOf(options));
    const last = this.#disablings.findLast((one) => JSON.stringify(one.tags) === wanted);
    if (last) this.#end(last);
  }

  #end(disabling: Disabling): void {
    this.#disablings = this.#disablings.filter((one) => one !== disabling);
    for (const { enable } of disabling.handles.values()) enable();
    disabling.handles.clear();
  }

  get isDisabled(): boolean {
    return this.#disablings.some(({ tags }) => tags === undefined);
  }

  async closeAll(options: { timeout?: number | string | undefined } = {}): Promise<void> {
    // Refused now, while nothing is forgotten.
    checkOptions(options);
    const { timeout = 0 } = options;
    number("timeout", toMilliseconds(timeout, "timeout"));
    const caches = [...this.#caches.values()];
    const libraries = [...this.#libraries.values()];
    this.#forget();
    const closed = await Promise.allSettled([
      ...caches.map((cache) => cache.close(options)),
      ...libraries.map((library) => library.closeAll(options)),
    ]);
    // Each was closed as far as it could be; the first failure is the caller's to see.
    for (const outcome of closed) if (outcome.status === "rejected") throw outcome.reason;
  }

  reset(): void {
    for (const disabling of this.#disablings) this.#end(disabling);
    this.#forget();
    this.#defaults = {};
    for (const library of this.#libraries.values()) library.reset();
  }

  #forget(): void {
    for (const cache of this.#caches.values()) {
      if (this.#made.get(cache.name) === cache) this.#made.delete(cache.name);
      this.#leave(cache);
    }
    this.#caches.clear();
    this.#configs.clear();
  }
}

/** @throws {ConfigError} for what are no tags */
function tagsOf(options: TagChoice = {}): readonly string[] | undefined {
  checkOptions(options);
  if (options.tags === undefined) return undefined;
  const tags = listOf("tags", options.tags);
  checkTags(tags);
  return tags;
}

/** Options without those that are left to the default. */
function given(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** The registry of the program. */
export const registry: Registry = /* @__PURE__ */ createRegistry();

export type { PlainConfig, PlainTier } from "./registry-config.ts";
export type { Registry, RegistryDefaults } from "./registry-types.ts";
