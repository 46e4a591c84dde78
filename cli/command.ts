/**
 * Commands: each is a citty command with what this program asks of it besides.
 *
 * @module
 */
import type { ArgsDef, CommandDef } from "citty";
import type { Session } from "./session.ts";

/** A command, for a file of its own. */
export interface Command extends CommandDef {
  readonly meta: { readonly name: string; readonly description: string };
  readonly args: ArgsDef;
  /** Whether there may be any number of its last positional. */
  readonly many?: boolean;
  /** Complete lines, with what they do after `#`. */
  readonly examples?: readonly string[];
  /** What the documentation says besides the description. */
  readonly details?: string;
  /** Whether it tells of faults of the store itself. */
  readonly tells?: boolean;
  /** Does it, and answers with an exit code where that is not 0. */
  readonly does: (session: Session) => Promise<number | undefined> | Promise<void>;
}

/** Defines a command. */
export function command(definition: Omit<Command, "args"> & { args?: ArgsDef }): Command {
  return { args: {}, ...definition };
}

/** Options that every command has. */
export const GLOBAL: ArgsDef = {
  url: {
    type: "string",
    alias: "u",
    valueHint: "url",
    description: "Store: a path, file:, redis:, rediss:, libsql:, https:, memory:",
  },
  name: { type: "string", valueHint: "name", description: "Name of the cache, as in createCache (default: default)" },
  prefix: { type: "string", valueHint: "text", description: "Prefix of its keys, as in createCache" },
  namespace: { type: "string", alias: "n", valueHint: "name", description: "Work in this namespace" },
  scope: {
    type: "string",
    alias: "s",
    valueHint: "level=id/…",
    description: "Work in this scope, as org=acme/user=42",
  },
  config: {
    type: "string",
    alias: "c",
    valueHint: "file",
    description: "Config file (default: the next tiercel.config.* upwards)",
  },
  json: { type: "boolean", alias: "j", description: "JSON for programs: one document a line" },
  raw: { type: "boolean", description: "Values as bytes, in and out" },
  quiet: { type: "boolean", alias: "q", description: "No remarks and no progress" },
  "no-color": { type: "boolean", description: "No colours" },
  yes: { type: "boolean", alias: "y", description: "Do not ask" },
  debug: { type: "boolean", description: "Show the stack of errors" },
  help: { type: "boolean", alias: "h", description: "Show this" },
  version: { type: "boolean", description: "Show the version" },
};

/** Options of listings. */
export const LIMIT: ArgsDef = {
  limit: { type: "string", alias: "l", valueHint: "n", description: "At most so many" },
};

/** The option with tags, as often as there are. */
export const TAGS: ArgsDef = {
  tag: { type: "string", alias: "t", valueHint: "tag", description: "Tag; may be given several times" },
};
