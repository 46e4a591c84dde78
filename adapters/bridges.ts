/**
 * The bridges: `tiercel/bridges`. A cache where a library wants another interface: a store of Keyv, a driver of unstorage.
 *
 * @module
 */

export { type KeyvEntry, type KeyvListener, type KeyvStore, keyvStore } from "./bridges/keyv.ts";
export type { BridgeOptions } from "./bridges/options.ts";
export {
  type UnstorageDriver,
  type UnstorageItem,
  type UnstorageItemOptions,
  type UnstorageMeta,
  unstorageDriver,
} from "./bridges/unstorage-driver.ts";
