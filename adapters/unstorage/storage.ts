/**
 * The slice of unstorage's `Storage` that is used.
 *
 * @module
 */

/** A `Storage` of unstorage, or one made by its `prefixStorage`. */
export interface UnstorageStorage {
  getItem(key: string): Promise<unknown>;
  getItems(keys: string[]): Promise<readonly { readonly key: string; readonly value: unknown }[]>;
  getItemRaw(key: string): Promise<unknown>;
  setItem(key: string, value: string, options?: { ttl?: number }): Promise<void>;
  setItemRaw(key: string, value: Uint8Array, options?: { ttl?: number }): Promise<void>;
  removeItem(key: string): Promise<void>;
  getKeys(base: string): Promise<readonly string[]>;
}

/** The methods that a storage must have. */
export const METHODS: readonly (keyof UnstorageStorage)[] = [
  "getItem",
  "getItems",
  "getItemRaw",
  "setItem",
  "setItemRaw",
  "removeItem",
  "getKeys",
];
