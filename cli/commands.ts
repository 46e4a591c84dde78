/**
 * All commands, each of which is loaded when it is asked for.
 *
 * @module
 */
import type { Command } from "./command.ts";

/** Loads a command. */
export type Load = () => Promise<{ default: Command }>;

/** By name; those of a group have two words. */
export const COMMANDS: Readonly<Record<string, Load>> = {
  get: () => import("./commands/get.ts"),
  set: () => import("./commands/set.ts"),
  delete: () => import("./commands/delete.ts"),
  has: () => import("./commands/has.ts"),
  keys: () => import("./commands/keys.ts"),
  entries: () => import("./commands/entries.ts"),
  meta: () => import("./commands/meta.ts"),
  explain: () => import("./commands/explain.ts"),
  mget: () => import("./commands/mget.ts"),
  mset: () => import("./commands/mset.ts"),
  touch: () => import("./commands/touch.ts"),
  expire: () => import("./commands/expire.ts"),
  invalidate: () => import("./commands/invalidate.ts"),
  prune: () => import("./commands/prune.ts"),
  clear: () => import("./commands/clear.ts"),
  stats: () => import("./commands/stats.ts"),
  hot: () => import("./commands/hot.ts"),
  "access-log": () => import("./commands/access-log.ts"),
  "eviction-log": () => import("./commands/eviction-log.ts"),
  "profile list": () => import("./commands/profile-list.ts"),
  "profile get": () => import("./commands/profile-get.ts"),
  "profile use": () => import("./commands/profile-use.ts"),
  "profile save": () => import("./commands/profile-save.ts"),
  "profile delete": () => import("./commands/profile-delete.ts"),
  "profile export": () => import("./commands/profile-export.ts"),
  "profile import": () => import("./commands/profile-import.ts"),
  health: () => import("./commands/health.ts"),
  doctor: () => import("./commands/doctor.ts"),
  export: () => import("./commands/export.ts"),
  import: () => import("./commands/import.ts"),
  warm: () => import("./commands/warm.ts"),
  "rotate-keys": () => import("./commands/rotate-keys.ts"),
  bench: () => import("./commands/bench.ts"),
  serve: () => import("./commands/serve.ts"),
  watch: () => import("./commands/watch.ts"),
  simulate: () => import("./commands/simulate.ts"),
  completion: () => import("./commands/completion.ts"),
};

/** Other names that people try. */
export const ALIASES: Readonly<Record<string, string>> = {
  del: "delete",
  rm: "delete",
  ls: "keys",
  list: "keys",
  put: "set",
  flush: "clear",
  exists: "has",
  ttl: "meta",
  info: "stats",
  restore: "import",
  dump: "export",
};
