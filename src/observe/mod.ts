/**
 * Seeing what a cache does, `tiercel/observe`: hot keys, logs of accesses and evictions, times of loads, events as a stream,
 * explanations in words, and giving memory back when it runs short. What is not attached costs nothing.
 *
 * @module
 */
export { type CacheEvent, EVENT_NAMES, type EventStream, type EventsOptions, events } from "./events.ts";
export { type HotKey, type HotKeys, type HotKeysOptions, hotKeys } from "./hot-keys.ts";
export { type LoadTimes, loadTimes } from "./load-times.ts";
export type { LogBounds, LogName, LogQuery, LogStore } from "./log.ts";
export {
  type Access,
  type AccessLog,
  accessLog,
  type Eviction,
  type EvictionLog,
  evictionLog,
  type Log,
  type LogListOptions,
  type LogOptions,
} from "./logs.ts";
export {
  type MemoryPressure,
  type MemoryPressureOptions,
  type MemoryProbe,
  memoryPressure,
  type Room,
} from "./memory-pressure.ts";
export { memoryProbe } from "./memory-probe.ts";
export { inWords } from "./words.ts";
