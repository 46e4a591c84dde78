/**
 * Random operations, each with its lines in the history.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import type { Key, LoadContext, LoadOptions } from "../../../mod.ts";
import type { Kill, Written } from "./history.ts";
import type { Log, OpenCall } from "./log.ts";
import { cleared, tagsOf, type View, whole } from "./views.ts";

/** Keys of each view. */
const KEYS = 8;
const TAGS = 6;

/** What a loader that fails throws. */
export const LOAD_FAILURE = "the database is away";

/** What the operations are made of. */
export interface World {
  readonly views: readonly View[];
  readonly log: Log;
  readonly random: () => number;
}

/** How often, and what. */
const OPERATIONS: readonly (readonly [weight: number, run: (world: Actor, view: View) => Promise<unknown>])[] = [
  [28, (actor, view) => actor.get(view)],
  [8, (actor, view) => actor.getMany(view)],
  [26, (actor, view) => actor.getOrSet(view)],
  [4, (actor, view) => actor.getOrSetMany(view)],
  [10, (actor, view) => actor.set(view, 1)],
  [2, (actor, view) => actor.set(view, 3)],
  [6, (actor, view) => actor.delete(view)],
  [2, (actor, view) => actor.deleteMany(view)],
  [6, (actor, view) => actor.invalidateTags(view)],
  [1.5, (actor) => actor.invalidateScope()],
  [0.5, (actor, view) => actor.invalidatePattern(view)],
  [0.3, (actor, view) => actor.clear(view)],
  [2, (actor, view) => actor.touch(view)],
  [1, (actor, view) => actor.evict(view)],
];
const TOTAL = OPERATIONS.reduce((sum, [weight]) => sum + weight, 0);

/** Does one random operation after the other. */
export class Actor {
  readonly #world: World;
  readonly #random: () => number;
  #written = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random;
  }

  /** Does a random operation to its end. */
  async act(): Promise<void> {
    let dice = this.#random() * TOTAL;
    const [, run] = OPERATIONS.find(([weight]) => (dice -= weight) < 0)!;
    await run(this, this.#one(this.#world.views));
  }

  async get(view: View): Promise<void> {
    const key = this.#key();
    const call = this.#begin({ name: "get", reads: [whole(view, key)] });
    const value = await view.cache.get<string>(key);
    call.done(value === undefined ? [] : [[whole(view, key), value]]);
  }

  async getMany(view: View): Promise<void> {
    const keys = this.#keys();
    const call = this.#begin({ name: "getMany", reads: keys.map((key) => whole(view, key)) });
    call.done(whatOf(view, await view.cache.getMany<string, string>(keys)));
  }

  async getOrSet(view: View): Promise<void> {
    const key = this.#key();
    const tags = this.#tags();
    const fate = this.#random();
    const { stale, ...options } = this.#loadOptions();
    const call = this.#begin({ name: "getOrSet", stale, reads: [whole(view, key)] });
    const tagsLater = this.#chance(0.3);
    const loader = async (context: LoadContext<string>) => {
      const value = this.#value();
      call.load([[whole(view, key), value, tagsOf(view, tags)]]);
      await this.#work();
      if (fate < 0.03) throw new Error(LOAD_FAILURE);
      if (fate < 0.05) return undefined as unknown as string;
      if (fate < 0.07) context.skip();
      if (tagsLater) context.setTags(tags);
      return value;
    };
    const abort = this.#chance(0.03) ? new AbortController() : undefined;
    if (abort) void this.#work().then(() => abort.abort(new Error(LOAD_FAILURE)));
    const loading = view.cache.getOrSet<string>(key, loader, {
      ...options,
      ...(!tagsLater && { tags }),
      ...(abort && { signal: abort.signal }),
    });
    await ended(call, loading, (value) => (value === undefined ? [] : [[whole(view, key), value]]));
  }

  async getOrSetMany(view: View): Promise<void> {
    const keys = this.#keys();
    const tags = this.#tags();
    const fails = this.#chance(0.05);
    const { stale, ...options } = this.#loadOptions();
    const call = this.#begin({ name: "getOrSetMany", stale, reads: keys.map((key) => whole(view, key)) });
    const loader = async (missed: readonly Key[]) => {
      const values = missed.map(() => this.#value());
      call.load(missed.map((key, i): Written => [whole(view, key as string), values[i]!, tagsOf(view, tags)]));
      await this.#work();
      if (fails) throw new Error(LOAD_FAILURE);
      return values;
    };
    await ended(call, view.cache.getOrSetMany<string, string>(keys, loader, { ...options, tags }), (found) =>
      whatOf(view, found),
    );
  }

  async set(view: View, count: number): Promise<void> {
    const keys = count === 1 ? [this.#key()] : this.#keys();
    const tags = this.#tags();
    const values = keys.map(() => this.#value());
    const sets = keys.map((key, i): Written => [whole(view, key), values[i]!, tagsOf(view, tags)]);
    const call = this.#begin({ name: count === 1 ? "set" : "setMany", sets });
    if (count === 1) await view.cache.set(keys[0]!, values[0]!, { tags });
    else await view.cache.setMany(keys.map((key, i) => ({ key, value: values[i]!, tags })));
    call.done();
  }

  delete(view: View): Promise<void> {
    const key = this.#key();
    return this.#kill("delete", { keys: [whole(view, key)] }, () => view.cache.delete(key));
  }

  deleteMany(view: View): Promise<void> {
    const keys = this.#keys();
    return this.#kill("deleteMany", { keys: keys.map((key) => whole(view, key)) }, () => view.cache.deleteMany(keys));
  }

  invalidateTags(view: View): Promise<void> {
    const tags = this.#tags(1);
    const match = this.#one(["any", "any", "all", "exact"] as const);
    const expire = this.#chance(0.25);
    // What an entry has by its place is none of its own tags.
    const named = match === "exact" ? tagsOf(view, tags) : tags.map((tag) => whole(view, tag));
    const kill: Kill = { tags: named, match, ...(expire && { expire }) };
    return this.#kill("invalidateTags", kill, () =>
      view.cache.invalidateTags(tags, { match, mode: expire ? "expire" : "delete" }),
    );
  }

  async invalidateScope(): Promise<void> {
    const { implied, invalidate } = this.#one(this.#world.views.filter(({ invalidate }) => invalidate));
    const expire = this.#chance(0.25);
    const kill: Kill = { tags: [implied.at(-1)!], ...(expire && { expire }) };
    await this.#kill("invalidateScope", kill, () => invalidate!(expire ? "expire" : "delete"));
  }

  invalidatePattern(view: View): Promise<void> {
    const beginning = this.#chance(0.2) ? "" : this.#key();
    return this.#kill("invalidatePattern", { prefixes: [whole(view, beginning)] }, () =>
      view.cache.invalidatePattern(`${beginning}*`),
    );
  }

  clear(view: View): Promise<void> {
    return this.#kill("clear", cleared(view), () => view.cache.clear());
  }

  /** Changes no value. */
  touch(view: View): Promise<void> {
    const key = this.#key();
    return this.#kill("touch", {}, () => view.cache.touch(key, { ttl: "1h" }));
  }

  /** The same: what it removes from the first tier is found in the other. */
  evict(view: View): Promise<void> {
    const key = this.#key();
    return this.#kill("evict", {}, () => view.cache.evict(key));
  }

  async #kill(name: string, kill: Kill, run: () => Promise<unknown>): Promise<void> {
    const call = this.#begin({ name, kill });
    await run();
    call.done();
  }

  #begin(call: Parameters<Log["begin"]>[0]): OpenCall {
    return this.#world.log.begin(call);
  }

  /** Few live so short that they are refreshed while the old value is served. */
  #loadOptions(): LoadOptions & { stale: boolean } {
    return this.#chance(0.15) ? { ttl: 20, swr: "1h", stale: true } : { stale: false };
  }

  /** Some time, which may be none. */
  async #work(): Promise<void> {
    const dice = this.#random();
    if (dice > 0.5) await setTimeout((dice - 0.5) * 6);
  }

  #value(): string {
    return `${this.#world.log.process}.${++this.#written}`;
  }

  #key(): string {
    return `k${Math.floor(this.#random() * KEYS)}`;
  }

  /** Three different keys. */
  #keys(): string[] {
    const first = Math.floor(this.#random() * KEYS);
    return [0, 1, 2].map((i) => `k${(first + i * 3) % KEYS}`);
  }

  /** Up to two different tags. */
  #tags(least = 0): string[] {
    const count = Math.max(least, Math.floor(this.#random() * 3));
    const first = Math.floor(this.#random() * TAGS);
    return Array.from({ length: count }, (_, i) => `t${(first + i) % TAGS}`);
  }

  #one<T>(of: readonly T[]): T {
    return of[Math.floor(this.#random() * of.length)]!;
  }

  #chance(of: number): boolean {
    return this.#random() < of;
  }
}

type Got = readonly (readonly [key: string, value: string])[];

/** A call that loads, whose loader may fail as it is meant to. */
async function ended<T>(call: OpenCall, loading: Promise<T>, got: (value: T) => Got): Promise<void> {
  try {
    call.done(got(await loading));
  } catch (error) {
    call.fail(error);
    if ((error as Error).message !== LOAD_FAILURE) throw error;
  }
}

function whatOf(view: View, found: ReadonlyMap<string, string>): Got {
  return [...found].map(([key, value]) => [whole(view, key), value]);
}
