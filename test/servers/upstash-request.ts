/** What an HTTP request to Upstash asks for, as commands of Redis. */

export type Command = readonly string[];

/** An answer of another status than 200, with a body `{ error }`. */
export class BridgeError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Commands that Upstash does not take over HTTP: blocking ones, those of a connection, and those of an own server. */
const REFUSED = new Set(
  [
    ["blpop", "brpop", "brpoplpush", "blmove", "blmpop", "bzpopmin", "bzpopmax", "bzmpop"],
    ["multi", "exec", "discard", "watch", "unwatch", "subscribe", "psubscribe", "ssubscribe", "monitor"],
    ["auth", "hello", "select", "reset", "quit", "client", "swapdb", "move"],
    ["config", "cluster", "debug", "object", "save", "bgsave", "shutdown", "replicaof", "slaveof", "migrate", "module"],
  ].flat(),
);

/** Upstash's error for a command that it does not take. */
export function refused([name = "", ...args]: Command): string | undefined {
  const isBlocking = /^xread(group)?$/i.test(name) && args.some((argument) => /^block$/i.test(argument));
  if (!REFUSED.has(name.toLowerCase()) && !isBlocking) return undefined;
  const page = "https://upstash.com/docs/redis/overall/rediscompatibility";
  return `ERR Command is not available: '${name}'. See ${page} for details`;
}

/**
 * The commands of a request: one JSON array in the body for `/`, an array of those for `/pipeline` and `/multi-exec`,
 * else the path's parts (`/set/key`), then the body, then the query (`?EX=10`).
 *
 * @throws {BridgeError} 400 when the body is something else
 */
export function commandsOf(path: string, query: URLSearchParams, body: Buffer): Command[] {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  if (parts.length === 0) return [command(json(body))];
  if (parts.length === 1 && /^(pipeline|multi-exec)$/.test(parts[0]!)) {
    const list = json(body);
    if (!Array.isArray(list)) throw new BridgeError(400, "ERR failed to parse pipeline request: expected an array");
    if (list.length === 0) throw new BridgeError(400, "ERR empty pipeline request");
    return list.map(command);
  }
  const options = [...query].filter(([name]) => name !== "_token").flat();
  // The client sends an empty array along with the path of a subscription.
  const isStream = /^(p?subscribe|monitor)$/i.test(parts[0]!);
  return [[...parts, ...(isStream || body.length === 0 ? [] : [body.toString()]), ...options]];
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new BridgeError(400, "ERR failed to parse the request body as JSON");
  }
}

function command(value: unknown): Command {
  if (!Array.isArray(value) || value.length === 0) throw new BridgeError(400, "ERR empty command");
  return value.map((argument) => {
    if (typeof argument === "string") return argument;
    if (typeof argument === "number" || typeof argument === "boolean") return String(argument);
    throw new BridgeError(400, "ERR failed to parse command: arguments are strings, numbers or booleans");
  });
}
