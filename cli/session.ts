/**
 * What one command has: its arguments, its output, the cache, and how it may be interrupted.
 *
 * @module
 */
import type { AnyScopes, Cache, Tier } from "../mod.ts";
import { toMilliseconds } from "../src/duration.ts";
import { type Config, readConfig } from "./config.ts";
import { confirm } from "./confirm.ts";
import { usage } from "./failure.ts";
import { keyOf } from "./keys.ts";
import type { Opened } from "./open.ts";
import type { Output } from "./output.ts";
import type { Given } from "./parse.ts";
import { chooseStore } from "./store-choice.ts";

/** How the cache of a session is opened. */
export interface Opening {
  /** Whether a SQLite file that is not there is made. Default `false`. */
  readonly mayCreate?: boolean;
  /** Whether the command goes on for long, so that it follows what others change. Default `false`. */
  readonly isLong?: boolean;
}

/** One command at work. */
export class Session {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly positionals: readonly string[];
  readonly #options: Given["options"];
  #opened: Opened | undefined;
  /** Entries that could not be read, with why. */
  readonly corrupt: unknown[] = [];
  /** Faults of the store, also those that no call was told of. */
  readonly faults: unknown[] = [];

  constructor({ options, positionals }: Given, output: Output, signal: AbortSignal) {
    this.#options = options;
    this.positionals = positionals;
    this.output = output;
    this.signal = signal;
  }

  /** Whether an option without a value was given. */
  flag(name: string): boolean {
    return this.#options.has(name);
  }

  /** The last value of an option. */
  option(name: string): string | undefined {
    return this.#options.get(name)?.at(-1) as string | undefined;
  }

  /** All values of an option. */
  options(name: string): string[] {
    return (this.#options.get(name) ?? []) as string[];
  }

  /** How tags are matched. @throws {Failure} where there are none, as all else would be hit then */
  match(): "any" | "all" | "exact" {
    const match = this.option("match");
    if (match !== undefined && !this.flag("tag")) throw usage("Option --match must go with --tag: received none");
    return (match ?? "any") as "any" | "all" | "exact";
  }

  /** A positive integer. @throws {Failure} for another */
  integer(name: string): number | undefined {
    const text = this.option(name);
    if (text === undefined) return undefined;
    const value = Number(text.replace(/[_,]/g, ""));
    if (!Number.isSafeInteger(value) || value < 1)
      throw usage(
        `Cannot use --${name} as it must be an integer above 0: received ${JSON.stringify(text.slice(0, 20))}`,
      );
    return value;
  }

  /**
   * The milliseconds of an option with a length of time.
   *
   * @param mayBeZero whether there is such a thing as none of it
   * @throws {Failure} for what is no duration; a number needs its unit, as nobody sees what it counts
   */
  duration(name: string, mayBeZero: boolean = true): number | undefined {
    const text = this.option(name);
    if (text === undefined) return undefined;
    const told = `received ${JSON.stringify(text.slice(0, 20))}`;
    if (/^\d*\.?\d+$/.test(text) && Number(text) !== 0)
      throw usage(`Cannot use --${name} as it must have a unit, as ${text.slice(0, 20)}ms or 5m: ${told}`);
    let time: number;
    try {
      time = text === "0" ? 0 : toMilliseconds(text, name);
    } catch {
      throw usage(`Cannot use --${name} as it must be a duration, as 250ms, 5m, 1h30m or forever: ${told}`);
    }
    if (time === 0 && !mayBeZero) throw usage(`Cannot use --${name} as it must be longer than 0: ${told}`);
    return time;
  }

  /** What is given of `--ttl` and `--grace`. @throws {Failure} for what is no duration, and a ttl after which nothing is kept */
  lifetimes(): { ttl?: number; grace?: number } {
    const [ttl, grace] = [this.duration("ttl", false), this.duration("grace")];
    return { ...(ttl !== undefined && { ttl }), ...(grace !== undefined && { grace }) };
  }

  /** The first positional as a key. */
  get key(): ReturnType<typeof keyOf> {
    return keyOf(this.positionals[0]!);
  }

  #config: Promise<{ config: Config; file: string | undefined }> | undefined;

  /** The config file. */
  config(): Promise<{ config: Config; file: string | undefined }> {
    return (this.#config ??= readConfig(this.option("config")));
  }

  /** The whole cache, and where its store is. */
  async whole({ mayCreate = false, isLong = false }: Opening = {}): Promise<Opened> {
    if (this.#opened) return this.#opened;
    const { config } = await this.config();
    const { name = config.name, prefix = config.prefix } = { name: this.option("name"), prefix: this.option("prefix") };
    const choice = chooseStore(this.option("url"), config);
    if (choice.by === "cache of the config")
      for (const own of ["name", "prefix"])
        if (this.option(own) !== undefined)
          throw usage(`Cannot use --${own} as the cache of the config has its own`, "name another store with --url");
    const { open } = await import("./open.ts");
    const opened = await open({
      choice,
      config,
      mayCreate,
      options: {
        onError: "throw",
        sweepInterval: 0,
        // What is asked once has nothing in memory that could be old.
        ...(isLong ? {} : { coherence: "forever" }),
        ...(name !== undefined && { name }),
        ...(prefix !== undefined && { prefix }),
        ...(config.ttl !== undefined && { ttl: config.ttl }),
        ...(config.grace !== undefined && { grace: config.grace }),
        ...(await this.#scopes()),
      },
    });
    this.#opened = opened;
    opened.cache.on("corrupt", ({ error }) => this.corrupt.push(error));
    opened.cache.on("error", ({ error }) => {
      const { code } = error as { code?: unknown };
      if (this.faults.length < 10 && (code === "TIER" || code === "TIER_TIMEOUT")) this.faults.push(error);
    });
    return opened;
  }

  /** Levels and ids of `--scope`. @throws {Failure} for what is no path of them */
  get scope(): [level: string, id: string][] | undefined {
    const text = this.option("scope");
    return text?.split("/").map((part) => {
      const at = part.indexOf("=");
      if (at < 1 || at === part.length - 1)
        throw usage(
          `Cannot use --scope as it must be level=id, or several with / between: received ${JSON.stringify(text.slice(0, 40))}`,
        );
      try {
        return [part.slice(0, at), decodeURIComponent(part.slice(at + 1))];
      } catch {
        throw usage("Cannot use --scope as ids must be percent-encoded");
      }
    });
  }

  /** Scopes of just the path that is asked for, which is all that the names in the store depend on. */
  async #scopes(): Promise<object> {
    const path = this.scope;
    if (!path) return {};
    const { defineScopes } = await import("../mod.ts");
    type Level = { param: string; children?: Record<string, Level> };
    let tree: Record<string, Level> | undefined;
    for (const [level] of [...path].reverse()) tree = { [level]: { param: level, ...(tree && { children: tree }) } };
    return { scopes: defineScopes(tree!) };
  }

  /** Level and ids as the cache takes them. */
  get place(): { level: string; ids: Record<string, string> } | undefined {
    const path = this.scope;
    return path && { level: path.map(([level]) => level).join("."), ids: Object.fromEntries(path) };
  }

  /** The part of the cache that is asked for: all, a namespace, or a scope. */
  async open(opening?: Opening): Promise<Cache<AnyScopes>> {
    const { cache } = await this.whole(opening);
    const inside = this.namespaced(cache);
    const place = this.place;
    return place ? (inside.scope(place.level as never, place.ids as never) as unknown as Cache<AnyScopes>) : inside;
  }

  /** The cache, or the namespace that is asked for. */
  namespaced(cache: Cache<AnyScopes>): Cache<AnyScopes> {
    const name = this.option("namespace");
    return name === undefined ? cache : (cache.namespace(name) as unknown as Cache<AnyScopes>);
  }

  /** The tier that keeps entries: the lowest one. */
  async store(opening?: Opening): Promise<Tier> {
    const { cache } = await this.whole(opening);
    return cache.tier(cache.stats().tiers.at(-1)!.name);
  }

  /** @throws {TierError} where the store has failed: what was listed then is not all */
  check(): void {
    if (this.faults.length > 0) throw this.faults[0];
  }

  /** Asks, unless `--yes` was given. */
  confirm(what: string): Promise<void> {
    return confirm(what, this.flag("yes"));
  }

  /** Closes what was opened. */
  async close(): Promise<void> {
    await this.#opened?.cache.close();
  }
}
