/**
 * The browser's own IndexedDB, without Tiercel: databases for one test each, and a look into them.
 */
import type { TestCase } from "../../contract/mod.ts";

/** The global, where there is one. */
export const factory: IDBFactory | undefined = (globalThis as { indexedDB?: IDBFactory }).indexedDB;

/** The tests where there is IndexedDB; elsewhere one that says that they were left out. */
export function inBrowsers(name: string, tests: () => TestCase[]): TestCase[] {
  if (factory !== undefined) return tests();
  return [{ name, skip: "this runtime has no indexedDB: the suite runs in Chromium", run() {} }];
}

let count = 0;

/** A name that no other test has. The profile of the browser is new for each run. */
export function newName(): string {
  count += 1;
  return `test-${count}`;
}

/** What a request answers. */
export function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Deletes a database, as the browser's tools do. */
export async function deleteDatabase(name: string): Promise<void> {
  await answer(factory!.deleteDatabase(name));
}

/** Opens a database as it is; `upgrade` makes it or brings it to `version`. */
export async function openRaw(
  name: string,
  version?: number,
  upgrade: (database: IDBDatabase) => void = () => {},
): Promise<IDBDatabase> {
  const request = factory!.open(name, version);
  request.onupgradeneeded = () => upgrade(request.result);
  return answer(request);
}

/** Does something to a store of a database through a connection of its own. */
export async function inStore<T>(
  name: string,
  store: string,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await openRaw(name);
  try {
    const transaction = database.transaction(store, "readwrite");
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    const found = await answer(work(transaction.objectStore(store)));
    await done;
    return found;
  } finally {
    database.close();
  }
}
