/**
 * Where the items of one cache of the Cache API are: all of a URL, whatever its query, under one key, and each body by itself.
 *
 * @module
 */
import { streams } from "../../streams/mod.ts";
import type { Streams } from "../../streams/types.ts";
import { verbsOf } from "../../verbs/inside.ts";
import type { AnyCache } from "../options.ts";
import { Desk } from "./desk.ts";
import { type Item, plainUrl } from "./item.ts";

/** What is kept stays until it is deleted. */
const FOREVER = { ttl: Number.POSITIVE_INFINITY, grace: 0, swr: 0, jitter: 0 } as const;

/** The items of one cache. */
export class Shelf {
  readonly #cache: AnyCache;
  readonly #streams: Streams;
  readonly #desk: Desk;
  /** What tells this cache from all others of the desk. */
  readonly place: string;

  constructor(cache: AnyCache) {
    const { engine, space } = verbsOf(cache);
    this.#cache = cache;
    this.#streams = streams(cache);
    this.#desk = Desk.of(engine);
    this.place = space.own.prefix;
  }

  /** The place of an item that is put now in their order. */
  next(): number {
    return this.#desk.next();
  }

  /** Items of a URL, whatever its query. */
  async near(url: string): Promise<readonly Item[]> {
    return inOrder((await this.#cache.get<readonly Item[]>(keyOf(url))) ?? []);
  }

  /** All items. */
  async all(): Promise<readonly Item[]> {
    const keys = (await this.#cache.keys()).filter((key) => typeof key === "string" && key.startsWith("URL "));
    return inOrder([...(await this.#cache.getMany<readonly Item[]>(keys)).values()].flat());
  }

  /** Changes the items of a URL; says whether some went. */
  change(url: string, edit: (items: readonly Item[]) => readonly Item[]): Promise<boolean> {
    const key = keyOf(url);
    return this.#desk.turn(`${this.place} ${key}`, async () => {
      const before = await this.near(url);
      const after = edit(before);
      if (after.length === 0) await this.#cache.delete(key);
      else if (after.length !== before.length || after.some((item, at) => item !== before[at]))
        await this.#cache.set(key, after, FOREVER);
      const gone = before.filter((item) => !after.includes(item));
      await Promise.all(gone.map(({ body }) => body !== null && this.#streams.delete(bodyKey(body))));
      return gone.length > 0;
    });
  }

  setBody(id: string, body: ReadableStream<Uint8Array>): Promise<void> {
    return this.#streams.set(bodyKey(id), body, { ...FOREVER, lease: false });
  }

  async body(id: string): Promise<ReadableStream<Uint8Array> | undefined> {
    return (await this.#streams.get(bodyKey(id)))?.body;
  }

  async dropBody(id: string): Promise<void> {
    await this.#streams.delete(bodyKey(id));
  }

  /** Deletes all. */
  async clear(): Promise<void> {
    await Promise.all((await this.all()).map(({ body }) => body !== null && this.#streams.delete(bodyKey(body))));
    await this.#cache.clear();
  }
}

function keyOf(url: string): string {
  return `URL ${plainUrl(url, true)}`;
}

function bodyKey(id: string): string {
  return `BODY ${id}`;
}

function inOrder(items: readonly Item[]): readonly Item[] {
  return items.length > 1 ? [...items].sort((a, b) => a.sequence - b.sequence) : items;
}
