/**
 * The slice of IndexedDB that is used, so that the types of no browser are needed, and promises around it.
 *
 * @module
 */

/** A string, a number, or a list of these: how IndexedDB orders them is that numbers come before strings before lists. */
export type IdbKey = string | number | readonly IdbKey[];

/** `IDBFactory`: the global `indexedDB`, or that of a storage bucket. */
export interface IdbFactory {
  open(name: string, version: number): IdbOpenRequest;
}

/** `IDBRequest`. */
export interface IdbRequest<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: unknown;
  onerror: unknown;
}

/** `IDBOpenDBRequest`. */
export interface IdbOpenRequest extends IdbRequest<IdbDatabase> {
  onupgradeneeded: unknown;
  onblocked: unknown;
  readonly transaction: IdbTransaction | null;
}

/** `IDBDatabase`. */
export interface IdbDatabase {
  readonly objectStoreNames: { contains(name: string): boolean };
  createObjectStore(name: string, options?: { autoIncrement?: boolean }): IdbStore;
  transaction(
    stores: readonly string[],
    mode: "readonly" | "readwrite",
    options?: { durability?: "relaxed" | "strict" },
  ): IdbTransaction;
  close(): void;
  onversionchange: unknown;
  onclose: unknown;
}

/** `IDBTransaction`. */
export interface IdbTransaction {
  readonly error: unknown;
  objectStore(name: string): IdbStore;
  abort(): void;
  /** Not in browsers from before 2021. */
  commit?(): void;
  oncomplete: unknown;
  onabort: unknown;
}

/** What stores and indexes can both be asked. */
export interface IdbSource {
  get(key: IdbKey): IdbRequest<unknown>;
  getAll(range?: unknown, count?: number): IdbRequest<unknown[]>;
  /** Of an index: the keys in the store. */
  getAllKeys(range?: unknown, count?: number): IdbRequest<unknown[]>;
  count(range?: unknown): IdbRequest<number>;
  openKeyCursor(range: null, direction: "next" | "prev"): IdbRequest<{ readonly key: unknown } | null>;
}

/** `IDBObjectStore`. */
export interface IdbStore extends IdbSource {
  put(value: unknown, key?: IdbKey): IdbRequest<unknown>;
  delete(key: IdbKey | object): IdbRequest<unknown>;
  index(name: string): IdbSource;
  createIndex(name: string, path: string, options?: { multiEntry?: boolean }): unknown;
}

/** `IDBKeyRange`. */
interface IdbRanges {
  bound(from: IdbKey, to: IdbKey, openFrom?: boolean, openTo?: boolean): object;
  upperBound(to: IdbKey): object;
}

const ranges = (): IdbRanges => (globalThis as unknown as { IDBKeyRange: IdbRanges }).IDBKeyRange;

/** The keys from `from` on, or with `isAfter` those after it, and below `to`. */
export function between(from: IdbKey, to: IdbKey, isAfter = false): object {
  return ranges().bound(from, to, isAfter, true);
}

/** The keys up to `to`, and `to`. */
export function upTo(to: IdbKey): object {
  return ranges().upperBound(to);
}

/** What a request answers. Within a transaction nothing else may be waited for, or it ends. */
export function answer<T>(request: IdbRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = (event: { preventDefault(): void; stopPropagation(): void }) => {
      // Whether the transaction is to end is for whoever asked to say.
      event.preventDefault();
      event.stopPropagation();
      reject(request.error);
    };
  });
}

/**
 * Runs `work` in a transaction, which is aborted when it throws. What was written is there for good, or not at all, when
 * the answer comes.
 */
export async function perform<T>(
  transaction: IdbTransaction,
  isWrite: boolean,
  work: (transaction: IdbTransaction) => Promise<T>,
): Promise<T> {
  const ended = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("The transaction was aborted"));
  });
  // It is told below, or by the request that failed.
  ended.catch(() => {});
  let result: T;
  try {
    result = await work(transaction);
    if (!isWrite) return result;
    transaction.commit?.();
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It is over already; then this is why.
    }
    throw transaction.error ?? error;
  }
  await ended;
  return result;
}
