/**
 * A registry as its users see it.
 *
 * @module
 */
import type { Cache, Disabled, TagChoice } from "./api.ts";
import type { CacheOptions } from "./options.ts";
import type { PlainConfig } from "./registry-config.ts";
import type { AnyScopes, NoScopes } from "./scope/types.ts";

/** Options that the caches of a registry share, each of which a cache may set itself. `maxEntries` is for those without `tiers`. */
export type RegistryDefaults = Omit<CacheOptions, "name" | "tiers" | "scopes">;

/** Caches by name, with defaults of their own. */
export interface Registry {
  /** Name of the library that it is for; empty for that of the program. */
  readonly scope: string;
  /**
   * Makes a cache and registers it under its name.
   *
   * @throws {ConfigError} when the name is taken, be it by a library's cache that has the same in tiers, or an option is wrong
   */
  create<S extends AnyScopes = NoScopes>(options: CacheOptions<S> & { name: string }): Cache<S>;
  /** Registers a cache that was made elsewhere, by default under its own name. @throws {ConfigError} when the name is taken */
  register<C extends Cache<AnyScopes>>(cache: C, name?: string): C;
  /** @throws {ConfigError} naming the caches that there are, when there is none of this name */
  get(name: string): Cache<AnyScopes>;
  has(name: string): boolean;
  names(): string[];
  /**
   * Changes the defaults of caches that are made from now on: only what the patch has, and what it has as `undefined` is as it was in the
   * beginning.
   *
   * @throws {ConfigError} naming the option that is wrong, or that belongs to a single cache
   */
  configure(patch: { [K in keyof RegistryDefaults]: RegistryDefaults[K] | undefined }): void;
  /** Options of a cache that this registry has made, as JSON may have them: functions and clients by their kind, secrets left out. */
  getConfig(name: string): PlainConfig;
  getAllConfigs(): Record<string, PlainConfig>;
  /** A registry for one library: caches and defaults of its own, which no other sees. The same one for the same name. */
  isolate(library: string): Registry;
  /**
   * Switches all caches off, those of libraries and those that are made later too, as {@linkcode Cache.disable} does; with `tags`, what has one
   * of them. What is switched off twice must be switched on twice.
   */
  disable(options?: TagChoice): Disabled;
  /** Takes back the last `disable` with the same tags, or without. */
  enable(options?: TagChoice): void;
  /** Whether this registry has switched all caches off. */
  readonly isDisabled: boolean;
  /** Closes all caches, those of libraries too, and forgets them; `timeout` bounds each. */
  closeAll(options?: { timeout?: number | string | undefined }): Promise<void>;
  /** Forgets all caches and defaults, those of libraries too, takes every `disable` back, and closes nothing. */
  reset(): void;
}
