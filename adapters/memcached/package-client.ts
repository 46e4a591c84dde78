/**
 * An open client of the package `memcache`.
 *
 * Its `get`, `set` and `delete` answer a failure like a miss, and it reads values as UTF-8. So commands are given to its
 * nodes, which tell failures, and values are base64. A node that is not connected is asked to start anew, since one that was cut
 * off in the middle of an answer would take the next answers for the rest of it.
 *
 * @module
 */
import { CorruptError, TierError } from "../../src/errors.ts";
import { failureOf } from "../plain/failure.ts";
import { fromText, textLength, toText } from "../plain/text.ts";
import { type Held, linesOf, type MemcachedServer, type MemcachedServers } from "./server.ts";

/** The slice of a `Memcache` of the package `memcache` that is used. */
export interface MemcacheClient {
  readonly nodes: readonly MemcacheNode[];
  readonly hash: { getNodesByKey(key: string): readonly MemcacheNode[] };
}

/** The slice of a `MemcacheNode` of the package `memcache` that is used. */
export interface MemcacheNode {
  readonly id: string;
  readonly hasSaslCredentials?: boolean;
  isConnected(): boolean;
  reconnect(): Promise<void>;
  command(command: string, options?: { isMultiline?: boolean; requestedKeys?: string[] }): Promise<unknown>;
}

/** Whether something looks like such a client. */
export function isMemcacheClient(target: unknown): target is MemcacheClient {
  const { nodes, hash } = (Object(target) ?? {}) as Partial<MemcacheClient>;
  return Array.isArray(nodes) && typeof hash?.getNodesByKey === "function";
}

/** The servers of a client, which stays the caller's. */
export function packageServers(tier: string, client: MemcacheClient): MemcachedServers {
  const known = new WeakMap<MemcacheNode, PackageServer>();
  const serverOf = (node: MemcacheNode): PackageServer => {
    let server = known.get(node);
    if (server === undefined) {
      server = new PackageServer(tier, node);
      known.set(node, server);
    }
    return server;
  };
  return {
    client,
    all: () => client.nodes.map(serverOf),
    of(key) {
      const node = client.hash.getNodesByKey(key)[0];
      if (node !== undefined) return serverOf(node);
      throw new TierError(tier, `Cannot find a server for tier ${tier} as its client must have one: received none`);
    },
    bytesWithin: (limit) => Math.floor((limit - textLength(0)) / 4) * 3,
    close() {},
  };
}

class PackageServer implements MemcachedServer {
  readonly id: string;
  readonly #tier: string;
  readonly #node: MemcacheNode;
  #connecting: Promise<void> | undefined;

  constructor(tier: string, node: MemcacheNode) {
    this.id = node.id;
    this.#tier = tier;
    this.#node = node;
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const answers = await Promise.all(
      linesOf(keys).map((some) => this.#command(`get ${some.join(" ")}`, { isMultiline: true, requestedKeys: some })),
    );
    return new Map(
      (answers as ({ values?: readonly string[]; foundKeys?: readonly string[] } | undefined)[]).flatMap((answer) => {
        const { values = [], foundKeys = [] } = answer ?? {};
        return foundKeys.map((key, index): [string, Uint8Array] => [key, bytesIn(values[index])]);
      }),
    );
  }

  async getHeld(keys: readonly string[]): Promise<ReadonlyMap<string, Held>> {
    // The node does not tell numbers with values. One that was asked for before is at worst too old.
    const numbers = keys.map((key) => this.#command(`mg ${key} c`));
    const items = this.get(keys);
    const lines = (await Promise.all([items, ...numbers])).slice(1);
    const found = await items;
    return new Map(
      keys.flatMap((key, index): [string, Held][] => {
        const bytes = found.get(key);
        const unique = /^HD c(\d+)$/.exec(String(lines[index]))?.[1];
        return bytes === undefined || unique === undefined ? [] : [[key, { bytes, unique }]];
      }),
    );
  }

  async set(key: string, bytes: Uint8Array, expires: number): Promise<void> {
    await this.#expect(this.#store(`set ${key} 0 ${expires}`, bytes), "STORED");
  }

  add(key: string, bytes: Uint8Array, expires: number): Promise<boolean> {
    // The node answers NOT_STORED by `false`.
    return this.#expect(this.#store(`add ${key} 0 ${expires}`, bytes), "STORED", false);
  }

  replace(key: string, bytes: Uint8Array, expires: number, unique: string): Promise<boolean> {
    return this.#expect(this.#store(`cas ${key} 0 ${expires}`, bytes, ` ${unique}`), "STORED", "EXISTS", "NOT_FOUND");
  }

  async delete(key: string): Promise<void> {
    await this.#expect(this.#command(`delete ${key}`), "DELETED", "NOT_FOUND");
  }

  #store(command: string, bytes: Uint8Array, rest = ""): Promise<unknown> {
    const text = toText(bytes);
    return this.#command(`${command} ${text.length}${rest}\r\n${text}`);
  }

  async #expect(sent: Promise<unknown>, yes: string, ...no: readonly unknown[]): Promise<boolean> {
    const answer = await sent;
    if (answer === yes) return true;
    if (no.includes(answer)) return false;
    throw this.#error("another answer");
  }

  async #command(command: string, options?: { isMultiline: boolean; requestedKeys: string[] }): Promise<unknown> {
    try {
      if (!this.#node.isConnected()) {
        // Two attempts at a time would open two connections.
        this.#connecting ??= this.#node.reconnect().finally(() => {
          this.#connecting = undefined;
        });
        await this.#connecting;
      }
      return await this.#node.command(command, options);
    } catch (error) {
      const words = /^(SERVER_ERROR [\w ]{1,60})/.exec(String((error as { message?: unknown })?.message ?? ""))?.[1];
      throw this.#error(words ?? failureOf(error));
    }
  }

  #error(reason: string): TierError {
    return new TierError(this.#tier, `Cannot reach memcached at ${this.id} for tier ${this.#tier}: received ${reason}`);
  }
}

/** What is no text of ours is given on as it is, to be found corrupt. */
function bytesIn(value: unknown): Uint8Array {
  try {
    return fromText(String(value));
  } catch (error) {
    if (error instanceof CorruptError) return new TextEncoder().encode(String(value));
    throw error;
  }
}
