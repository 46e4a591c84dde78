/**
 * Tiercel: a tiered cache that runs wherever `fetch` and Web Crypto do. Values live in memory first, then in whatever
 * the runtime has for persistence.
 *
 * ```ts
 * import { createCache } from "tiercel";
 *
 * const cache = createCache({ ttl: "5m" });
 * const user = await cache.getOrSet("user:42", async () => ({ name: "Ada" }));
 * ```
 *
 * @module
 */
export type {
  Cache,
  CacheEntry,
  ClearOptions,
  Disabled,
  EntryMeta,
  Explanation,
  Face,
  HealthOptions,
  InvalidateTagsOptions,
  ListOptions,
  ManyLoader,
  Now,
  SetItem,
  SyncCache,
  SyncLoader,
  SyncManyLoader,
  TagChoice,
  TierExplanation,
} from "./src/api.ts";
export { broadcastBus } from "./src/bus/broadcast.ts";
export { type Bus, type BusConnection, type BusTransport, defineBus } from "./src/bus/bus.ts";
export { type PollingBusOptions, pollingBus } from "./src/bus/polling.ts";
export { createCache, type FaceOf } from "./src/cache.ts";
export { type Clock, systemClock } from "./src/clock.ts";
export { defineTier } from "./src/define-tier.ts";
export type { Duration } from "./src/duration.ts";
export type { Entry } from "./src/entry.ts";
export {
  CacheClosedError,
  CodecError,
  ConfigError,
  CorruptError,
  type ErrorCode,
  KeyError,
  LoadTimeoutError,
  MissingPackageError,
  StoreOpenError,
  StoreSchemaError,
  SyncUnsupportedError,
  TiercelError,
  TierError,
  TierLimitError,
  TierTimeoutError,
  ValidationError,
  ValueError,
} from "./src/errors.ts";
export type { BreakerState, CacheEvents, EventName, EvictionReason, Listener } from "./src/events.ts";
export { ignored } from "./src/functions/argument-key.ts";
export {
  type CachedMember,
  type CachedOptions,
  cached,
  cachedMember,
  cachedSync,
  type MemberContext,
  type MemberOptions,
} from "./src/functions/decorator.ts";
export { type FittedMemoizeOptions, type Memoized, type MemoizeOptions, memoize } from "./src/functions/memoize.ts";
export {
  type MemoizedSync,
  type MemoizeSyncOptions,
  type MemoStats,
  memoizeSync,
} from "./src/functions/memoize-sync.ts";
export type {
  AnyFunction,
  Callable,
  Fitted,
  FittedWrapOptions,
  FunctionHelpers,
  FunctionInfo,
  Instance,
  KeyOptions,
  ResultOf,
  ScopeBinding,
  WithOptions,
  WrapOptions,
  Wrapped,
} from "./src/functions/types.ts";
export type { Key, KeyPart } from "./src/key.ts";
export type { LoadContext, Loader } from "./src/load/loader.ts";
export { type MemoryTier, memory } from "./src/memory/memory.ts";
export type { MemoryOptions } from "./src/memory/options.ts";
export type { Policy, PolicyContext } from "./src/memory/policy.ts";
export {
  type EvictionRule,
  fifo,
  hardLimit,
  lfu,
  lifetime,
  lru,
  type MemoryView,
  type Newcomer,
} from "./src/memory/rules.ts";
export { nullTier } from "./src/null-tier.ts";
export type {
  Acceptance,
  CacheOptions,
  CallOptions,
  Candidate,
  FittedLoadOptions,
  FreshnessOptions,
  GetOptions,
  LoadOptions,
  Logger,
  SetOptions,
  ValueContext,
} from "./src/options.ts";
export type { Profile, ProfileOptions, ProfilePatch, ProfileStore } from "./src/profiles/profile.ts";
export type { StandardSchema } from "./src/schema.ts";
export { defineScopes } from "./src/scope/define.ts";
export type {
  AnyScopes,
  InScope,
  InvalidateScopeOptions,
  MaybeInScope,
  NoScopes,
  ScopeId,
  ScopeIds,
  ScopeLevel,
  ScopeName,
  ScopeOptions,
  ScopeParams,
  ScopePath,
  Scopes,
  ScopeTree,
} from "./src/scope/types.ts";
export type { Settings } from "./src/settings.ts";
export type {
  CacheHealth,
  CacheStats,
  Counters,
  LayerCounters,
  ReadCounters,
  TierHealth,
  TierStats,
} from "./src/stats.ts";
export type { StoreFactory } from "./src/store.ts";
export type {
  Answer,
  Capabilities,
  Change,
  Codec,
  InvalidationMode,
  JournalPage,
  MaybePromise,
  ReadOptions,
  ReadResult,
  RemovalReason,
  ScanOptions,
  ScanResult,
  SyncTier,
  TagInvalidation,
  TagMatch,
  Tier,
  TierBounds,
  TierContext,
  TierInspection,
  TierOperations,
  TierOptions,
  Touch,
  Write,
  WritePolicy,
  WriteResult,
} from "./src/tier.ts";
export { type WarmOptions, type WarmProgress, warm } from "./src/warm.ts";
