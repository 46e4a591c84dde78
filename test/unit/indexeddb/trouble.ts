import type { IdbFactory } from "../../../adapters/indexeddb.ts";
import { StoreOpenError, StoreSchemaError, type TierError } from "../../../mod.ts";
import { equal, ok, same, suite, type TestCase } from "../../contract/mod.ts";
import { type Opened, onDatabase, openCache } from "./cache.ts";
import { deleteDatabase, factory, inBrowsers, inStore, openRaw } from "./raw.ts";

/** What the tier's operations failed with. */
function causes({ errors }: Opened): unknown[] {
  return errors.map(({ error }) => (error as TierError).cause);
}

/** A cache over a factory that does as it is told: what a user sees is the load, and an event. */
async function loadsOver(open: IdbFactory["open"]): Promise<unknown> {
  const opened = openCache("never", {}, { factory: { open } });
  same(await opened.cache.getOrSet("k", () => "loaded"), "loaded");
  same(await opened.cache.get("k"), "loaded", "memory has it");
  const [cause] = causes(opened);
  ok(cause instanceof StoreOpenError, `the operation must fail with a StoreOpenError: received ${cause}`);
  await opened.cache.close();
  return (cause as StoreOpenError).message;
}

/** A part of the site's storage with a limit of its own. */
interface Buckets {
  open(name: string, options: { quota: number }): Promise<{ readonly indexedDB: IdbFactory }>;
  delete(name: string): Promise<void>;
}

const { storageBuckets } = (globalThis as { navigator?: { storageBuckets?: Buckets } }).navigator ?? {};

export const tests: TestCase[] = inBrowsers("indexedDb in trouble", () => [
  ...suite("indexedDb in trouble", {
    "a database that was deleted under the cache is made again, and what was there is no longer served": () =>
      onDatabase(async (database) => {
        const [one, other] = [openCache(database), openCache(database)];
        await one.cache.set("k", "v", { tags: ["t"] });
        same(await other.cache.get("k"), "v");
        // It would wait for ever if the connections did not close.
        await deleteDatabase(database);
        for (const { clock } of [one, other]) clock.stepWall(1);
        equal([await one.cache.get("k"), await other.cache.get("k")], [undefined, undefined]);
        await one.cache.set("k", "new", { tags: ["t"] });
        same(await other.cache.get("k"), "new");
        await other.cache.invalidateTags(["t"]);
        same(await one.cache.get("k"), undefined);
        equal([one.errors, other.errors], [[], []]);
        await Promise.all([one.cache.close(), other.cache.close()]);
      }),
    "a load that began before the database was deleted is not stored in the one that follows": () =>
      onDatabase(async (database) => {
        const { cache, clock } = openCache(database);
        const load = async (): Promise<string> => {
          await deleteDatabase(database);
          clock.stepWall(1);
          return "old";
        };
        for (const options of [{}, { lease: false as const, tags: ["t"] }]) {
          same(await cache.getOrSet("k", load, options), "old", "its callers get it");
          const { cache: other } = openCache(database);
          same(await other.get("k"), undefined);
          await other.close();
          await cache.clear();
        }
        await cache.close();
      }),
    "a database of a newer version is left alone, and a newer version is not kept waiting": () =>
      onDatabase(async (database) => {
        const opened = openCache(database);
        await opened.cache.set("k", "v");
        const newer = await openRaw(database, 2, (made) => void made.createObjectStore("future"));
        same(await opened.cache.get("k"), "v", "memory has it");
        same(await opened.cache.getOrSet("n", () => "loaded"), "loaded");
        const [cause] = causes(opened);
        ok(cause instanceof StoreSchemaError, `the operation must fail with a StoreSchemaError: received ${cause}`);
        equal([newer.version, [...newer.objectStoreNames]], [2, ["entries", "future", "journal", "state"]]);
        newer.close();
        await opened.cache.close();
      }),
    "a database of another program is left alone": () =>
      onDatabase(async (database) => {
        const raw = await openRaw(database, 1, (made) => void made.createObjectStore("theirs").put("data", "key"));
        const opened = openCache(database);
        same(await opened.cache.getOrSet("k", () => "loaded"), "loaded");
        const [cause] = causes(opened);
        ok(cause instanceof StoreOpenError, `the operation must fail with a StoreOpenError: received ${cause}`);
        raw.close();
        same(await inStore(database, "theirs", (store) => store.get("key")), "data");
        await opened.cache.close();
      }),
    "a database that another tab holds up costs an operation no more than openTimeout, and is used once it is free":
      () =>
        onDatabase(async (database) => {
          // A tab that does not let go of it while it is to be deleted.
          const holder = await openRaw(database, 1, (made) => void made.createObjectStore("theirs"));
          const deleted = deleteDatabase(database);
          const opened = openCache(database, {}, { openTimeout: 300, timeout: "1000h", breaker: false });
          const { cache, clock } = opened;
          const loaded = cache.getOrSet("k", () => "loaded");
          let isDone = false;
          loaded.then(() => {
            isDone = true;
          });
          await clock.advance(299);
          same(isDone, false, "it waits");
          while (!isDone) await clock.advance(300);
          const [cause] = causes(opened);
          ok(cause instanceof StoreOpenError, `the operation must fail with a StoreOpenError: received ${cause}`);
          same((cause as StoreOpenError).message.includes("300 ms"), true);
          holder.close();
          await deleted;
          await cache.set("k", "stored");
          const { cache: other } = openCache(database);
          same(await other.get("k"), "stored");
          await Promise.all([cache.close(), other.close()]);
        }),
    "a browser that lets nothing be stored costs the caller nothing": async () => {
      const insecure = await loadsOver(() => {
        throw new DOMException("denied for https://user:secret@host", "SecurityError");
      });
      same(
        insecure,
        "Cannot open IndexedDB store as the browser must let this page store data: received SecurityError",
      );
      const failing: IdbFactory["open"] = () => {
        const request = { error: new DOMException("private window", "InvalidStateError") } as unknown as IDBRequest;
        queueMicrotask(() => request.onerror!({ preventDefault() {} } as Event));
        return request as never;
      };
      same(String(await loadsOver(failing)).endsWith("received InvalidStateError"), true);
    },
    "a frame with a realm of its own is another tab": () =>
      onDatabase(async (database) => {
        const { document } = globalThis as unknown as { document: PageDocument };
        const frame = document.createElement("iframe");
        document.body.append(frame);
        const theirs = frame.contentWindow.indexedDB;
        const [one, other] = [
          openCache(database),
          openCache(database, {}, { factory: theirs as unknown as IdbFactory }),
        ];
        await one.cache.set("k", { v: 1 }, { tags: ["t"] });
        equal(await other.cache.get("k"), { v: 1 });
        await other.cache.invalidateTags(["t"]);
        equal(await one.cache.get("k"), undefined);
        await Promise.all([one.cache.close(), other.cache.close()]);
        frame.remove();
        equal([one.errors, other.errors], [[], []]);
      }),
    "asks for the durability that it was told, relaxed by default": () =>
      onDatabase(async (database) => {
        const asked = new Set<unknown>();
        const listening: IdbFactory = {
          open(name, version) {
            const request = factory!.open(name, version);
            request.addEventListener("success", () => {
              const { result } = request;
              result.transaction = (stores, mode, options) => {
                asked.add(options?.durability);
                return IDBDatabase.prototype.transaction.call(result, stores, mode, options);
              };
            });
            return request as unknown as ReturnType<IdbFactory["open"]>;
          },
        };
        for (const options of [{}, { durability: "strict" as const }]) {
          const { cache, errors } = openCache(database, {}, { factory: listening, ...options });
          await cache.set("k", 1);
          await cache.close();
          equal(errors, []);
        }
        equal([...asked], ["relaxed", "strict"]);
      }),
  }),
  {
    name: "indexedDb in trouble: without space left writes are events, and reads go on",
    skip: storageBuckets === undefined ? "this browser has no storage buckets, whose quota can be set" : undefined,
    async run() {
      const bucket = await storageBuckets!.open("full", { quota: 300_000 });
      try {
        const opened = openCache("full", {}, { breaker: false, factory: bucket.indexedDB });
        const { cache } = opened;
        await cache.set("kept", "v");
        await cache.set("changed", "old");
        for (let n = 0; n < 20 && opened.errors.length === 0; n++) await cache.set(`filler${n}`, "f".repeat(50_000));
        equal(
          causes(opened).map((cause) => (cause as Error).name),
          ["QuotaExceededError"],
        );
        await cache.set("changed", "n".repeat(200_000));
        same(await cache.getOrSet("loaded", () => "l".repeat(200_000)), "l".repeat(200_000));
        await cache.evictAll();
        same(await cache.get("kept"), "v");
        ok((await cache.get("changed")) !== "old", "the old value must not come back");
        await cache.close();
        const again = openCache("full", {}, { factory: bucket.indexedDB });
        same(await again.cache.get("kept"), "v");
        equal(again.errors, []);
        await again.cache.close();
      } finally {
        await storageBuckets!.delete("full");
      }
    },
  },
]);

interface PageDocument {
  readonly body: { append(node: unknown): void };
  createElement(name: "iframe"): { readonly contentWindow: { readonly indexedDB: IDBFactory }; remove(): void };
}
