/**
 * How much memory is left, by the means of each runtime.
 *
 * @module
 */
import { invalid } from "../errors.ts";
import { isPromise } from "../maybe.ts";

/** Memory that has an end: that of the machine or container, or the heap. In bytes. */
export interface Room {
  readonly free: number;
  readonly total: number;
}

/** Says what is left. Several rooms may be short of space, each for itself. */
export type MemoryProbe = () => readonly Room[];

/**
 * What a probe tells.
 *
 * @throws {ConfigError} for one that tells no rooms
 */
export function roomsOf(probe: MemoryProbe): readonly Room[] {
  const told: unknown = probe();
  // Nobody waits for it.
  if (isPromise(told)) Promise.resolve(told).catch(() => {});
  if (Array.isArray(told) && told.every(isRoom)) return told;
  throw invalid("probe", "a function that tells a list of { free, total } in bytes at once", told);
}

function isRoom(told: Partial<Room> | null | undefined): boolean {
  const { free, total } = told ?? {};
  return typeof free === "number" && typeof total === "number" && !Number.isNaN(free + total);
}

interface ProcessLike {
  availableMemory?: () => number;
  constrainedMemory?: () => number;
  getBuiltinModule?: (name: string) => unknown;
  execArgv?: readonly string[];
}

interface Globals {
  process?: ProcessLike;
  Deno?: { systemMemoryInfo?: () => { available: number; total: number } };
  performance?: { memory?: { jsHeapSizeLimit: number; usedJSHeapSize: number } };
  navigator?: { userAgent?: string };
}

interface V8 {
  getHeapStatistics(): { heap_size_limit: number };
  getHeapSpaceStatistics(): { space_name: string; space_used_size: number }[];
}

/**
 * The probe of this runtime: on Node, Bun and Deno what the system or the container has left, and what the heap may grow by; in
 * Chromium the heap. `undefined` where nothing can be known (Workers, edge, other browsers).
 */
export function memoryProbe(): MemoryProbe | undefined {
  const { process, Deno, performance, navigator } = globalThis as Globals;
  // Workers have a process too, which knows nothing.
  if (navigator?.userAgent === "Cloudflare-Workers") return undefined;
  const rooms = [machine(process, Deno), heap(process), page(performance)].flatMap((room) => (room?.() ? [room] : []));
  return rooms.length === 0 ? undefined : () => rooms.flatMap((room) => room() ?? []);
}

function machine(process: ProcessLike | undefined, deno: Globals["Deno"]): (() => Room | undefined) | undefined {
  const total = totalMemory(process, deno);
  if (!(total > 0)) return undefined;
  return () => {
    const free = attempt(() => process?.availableMemory?.()) ?? attempt(() => deno?.systemMemoryInfo?.().available);
    return free === undefined ? undefined : { free, total };
  };
}

/** A container's limit, or what the machine has. Without a limit `constrainedMemory` is 0, or an absurd number. */
function totalMemory(process: ProcessLike | undefined, deno: Globals["Deno"]): number {
  const installed =
    attempt(() => (process?.getBuiltinModule?.("node:os") as { totalmem(): number } | undefined)?.totalmem()) ??
    attempt(() => deno?.systemMemoryInfo?.().total) ??
    0;
  const limit = attempt(() => process?.constrainedMemory?.()) ?? 0;
  return limit > 0 && (installed === 0 || limit < installed) ? limit : installed;
}

/** Most that the part of the heap for what is young may take, in bytes: 48 MiB on Node 22, 192 on Node 24, 96 on Node 26. */
const YOUNG = 201_326_592;

/**
 * The part of the heap for what is old, whose end is the end of the process. V8 tells only the limit of both parts together, so that of
 * this one is what the process or the worker was started with, or an estimate.
 */
function heap(process: ProcessLike | undefined): (() => Room | undefined) | undefined {
  const v8 = attempt(() => process?.getBuiltinModule?.("node:v8")) as V8 | undefined;
  // Bun imitates it, with numbers of another heap.
  if (!v8 || "Bun" in globalThis) return undefined;
  const limit = attempt(() => v8.getHeapStatistics().heap_size_limit) ?? 0;
  const total = oldLimit(process!) ?? limit - Math.min(YOUNG, limit / 4);
  if (!(total > 0)) return undefined;
  return () => {
    const spaces = attempt(() => v8.getHeapSpaceStatistics());
    if (!spaces) return undefined;
    const used = spaces.reduce(
      (sum, { space_name: name, space_used_size: size }) => (name.startsWith("new_") ? sum : sum + size),
      0,
    );
    return { free: Math.max(0, total - used), total };
  };
}

/** The limit that was set by an option, in bytes. */
function oldLimit(process: ProcessLike): number | undefined {
  const worker = attempt(() => process.getBuiltinModule!("node:worker_threads")) as
    | { resourceLimits?: { maxOldGenerationSizeMb?: number } }
    | undefined;
  const option = process.execArgv
    ?.map((one) => /^--max[-_]old[-_]space[-_]size=(\d+)$/.exec(one)?.[1])
    .findLast(Boolean);
  const megabytes = worker?.resourceLimits?.maxOldGenerationSizeMb ?? Number(option ?? 0);
  return megabytes > 0 ? megabytes * 1_048_576 : undefined;
}

function page(performance: Globals["performance"]): (() => Room | undefined) | undefined {
  if (!performance?.memory) return undefined;
  return () => {
    const { jsHeapSizeLimit: total, usedJSHeapSize: used } = performance.memory!;
    return { free: total - used, total };
  };
}

/** Without permission, or where it is not implemented, nothing is known. */
function attempt<T>(ask: () => T | undefined): T | undefined {
  try {
    const answer = ask();
    return typeof answer === "number" && !(answer >= 0) ? undefined : answer;
  } catch {
    return undefined;
  }
}
