/**
 * Profiles of a cache, `tiercel/profiles`: sets of settings by name, switched while the cache is at work.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { ConfigError, checkOptions, describe, invalid, methods } from "../errors.ts";
import { then } from "../maybe.ts";
import type { AnyScopes } from "../scope/types.ts";
import { portable } from "./portable.ts";
import { newProfile, type Profile, type ProfileOptions, type ProfilePatch, type ProfileStore } from "./profile.ts";

/** Options of {@linkcode profiles}. */
export interface ProfilesOptions {
  /** The profile that is in force at first. Default: one of the name `default`, with the defaults of every field. */
  default?: ProfileOptions | undefined;
  /** Where profiles are kept. Default: in the lowest tier of the cache that can keep them (SQLite), for all caches that share it; else in memory. */
  store?: ProfileStore | undefined;
}

/** The profiles of a cache. Unknown names are a `ConfigError` that tells those that there are. */
export interface Profiles {
  /** The one in force. */
  readonly current: Profile;
  /** Ends when the default profile is in force as it is kept; at once where the store answers at once. */
  readonly ready: Promise<void>;
  /** All of them, by name. */
  list(): Promise<Profile[]>;
  get(name: string): Promise<Profile>;
  /** Keeps a profile, in the place of one of the same name; what it leaves out has its default. If it is in force, so is the change. */
  save(profile: ProfileOptions): Promise<Profile>;
  /** Changes fields of a profile; `undefined` is a field's default. If it is in force, so is the change. */
  update(name: string, patch: ProfilePatch): Promise<Profile>;
  /** Puts a profile in force, in one step. Calls under way end under the profile that they began with. */
  use(name: string): Promise<Profile>;
  /** Deletes a profile that is neither in force nor the default one. */
  delete(name: string): Promise<void>;
  /** All of them as JSON. */
  export(): Promise<string>;
  /**
   * Keeps the profiles of a text that `export` gave, or what another format parses to: an array of profiles. All are looked at before any is
   * kept. Returns their names.
   *
   * @throws {ConfigError} for what is no JSON, and naming the field that is wrong
   */
  import(text: string | readonly ProfileOptions[]): Promise<string[]>;
}

/**
 * Gives a cache profiles, and puts the default one in force: its ttl, sweep interval, tags and bound of the memory tier take the place of what
 * `createCache` was given, and entries are marked with its name. `memoryPressure`, `freeMemoryTarget` and `memoryCheckInterval` are kept and
 * told, and act through `memoryPressure(cache, { profiles })` of `tiercel/observe`.
 *
 * @throws {ConfigError} for a wrong option
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { profiles } from "tiercel/profiles";
 *
 * const cache = createCache();
 * const settings = profiles(cache);
 * await settings.save({ name: "sale", ttl: "30s", tags: ["sale"] });
 * await settings.use("sale");
 * await cache.clear({ profile: "default" });
 * ```
 */
export function profiles(cache: Cache<AnyScopes>, options: ProfilesOptions = {}): Profiles {
  methods("cache", cache ?? null, "configure", "stats");
  checkOptions(options);
  return new CacheProfiles(cache, options);
}

class CacheProfiles implements Profiles {
  readonly #cache: Cache<AnyScopes>;
  readonly #store: ProfileStore;
  readonly #default: Profile;
  readonly ready: Promise<void>;
  #current: Profile;
  /** Changes happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    cache: Cache<AnyScopes>,
    { default: first = { name: "default" }, store = storeOf(cache) }: ProfilesOptions,
  ) {
    methods("store", store ?? null, "load", "save", "delete");
    this.#cache = cache;
    this.#store = store;
    this.#default = this.#current = newProfile(first);
    this.#apply(this.#default);
    this.ready = this.#restore();
    // Whoever waits for it sees how it failed.
    this.ready.catch(() => {});
  }

  get current(): Profile {
    return this.#current;
  }

  /** The default profile as it was kept by an earlier process. */
  async #restore(): Promise<void> {
    const kept = (all: readonly ProfileOptions[]): void => {
      const own = all.find(({ name }) => name === this.#default.name);
      if (own && this.#current === this.#default) this.#apply(newProfile(own));
    };
    await then(this.#store.load(), kept);
  }

  #apply(profile: Profile): void {
    const { name, ttl, sweepInterval, maxEntries, tags } = profile;
    this.#cache.configure({
      profile: name,
      ttl,
      sweepInterval,
      maxEntries,
      tags: tags.length > 0 ? tags : undefined,
    });
    this.#current = profile;
  }

  /** What is kept, with the default profile and the one in force. */
  async #all(): Promise<Map<string, Profile>> {
    const kept = (await this.#store.load()).map(newProfile);
    return new Map([this.#default, this.#current, ...kept].map((profile) => [profile.name, profile]));
  }

  async list(): Promise<Profile[]> {
    return [...(await this.#all()).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async get(name: string): Promise<Profile> {
    const all = await this.#all();
    const profile = all.get(name);
    if (profile) return profile;
    const known = [...all.keys()].map((one) => JSON.stringify(one)).join(", ");
    throw new ConfigError("name", `Cannot find profile ${describe(name)} as it must be saved first: there is ${known}`);
  }

  save(profile: ProfileOptions): Promise<Profile> {
    return this.#inTurn(() => this.#keep(newProfile(profile)));
  }

  update(name: string, patch: ProfilePatch): Promise<Profile> {
    return this.#inTurn(async () => {
      checkOptions(patch, "patch");
      const { name: own, ...fields } = patch as ProfilePatch & { name?: string };
      if (own !== undefined && own !== name) throw invalid("name", "left as it is", own);
      return this.#keep(newProfile({ ...(await this.get(name)), ...fields }));
    });
  }

  /** Puts it in force where one of its name is, and keeps it: both or none. */
  async #keep(profile: Profile): Promise<Profile> {
    const before = this.#current;
    const isInForce = profile.name === before.name;
    if (isInForce) this.#apply(profile);
    try {
      await this.#store.save(profile);
    } catch (error) {
      if (isInForce) this.#apply(before);
      throw error;
    }
    return profile;
  }

  use(name: string): Promise<Profile> {
    return this.#inTurn(async () => {
      const profile = await this.get(name);
      this.#apply(profile);
      return profile;
    });
  }

  delete(name: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.get(name);
      if (name === this.#current.name) throw invalid("name", "that of a profile which is not in force", name);
      if (name === this.#default.name) throw invalid("name", "that of another profile than the default", name);
      await this.#store.delete(name);
    });
  }

  async export(): Promise<string> {
    return JSON.stringify((await this.list()).map(portable), undefined, 2);
  }

  import(text: string | readonly ProfileOptions[]): Promise<string[]> {
    return this.#inTurn(async () => {
      const all = parse(text).map(newProfile);
      for (const profile of all) await this.#keep(profile);
      return all.map(({ name }) => name);
    });
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    return done;
  }
}

/** @throws {ConfigError} for what is no array of profiles */
function parse(text: string | readonly ProfileOptions[]): readonly ProfileOptions[] {
  let parsed: unknown = text;
  try {
    if (typeof text === "string") parsed = JSON.parse(text);
  } catch {
    throw invalid("text", "JSON", "another text");
  }
  if (!Array.isArray(parsed)) throw invalid("text", "an array of profiles", parsed);
  return parsed;
}

/** Where a cache can keep profiles. */
function storeOf(cache: Cache<AnyScopes>): ProfileStore {
  const tiers = cache.stats().tiers.map(({ name }) => cache.tier(name));
  return tiers.findLast((tier) => tier.profiles)?.profiles ?? inMemory();
}

function inMemory(): ProfileStore {
  const all = new Map<string, Profile>();
  return {
    load: () => [...all.values()],
    save: (profile) => void all.set(profile.name, profile),
    delete: (name) => void all.delete(name),
  };
}

export type { Profile, ProfileOptions, ProfilePatch, ProfileStore } from "./profile.ts";
