/**
 * What the tests of the memcached tier share: caches over servers, a raw connection, and servers that are none. Runs in
 * Node, Bun and Deno.
 */
import { connect, createServer, type Socket } from "node:net";
import { type MemcachedOptions, memcached } from "../../adapters/memcached.ts";
import { type Cache, type CacheEvents, type CacheOptions, createCache } from "../../mod.ts";
import { type FakeClock, fakeClock } from "../contract/mod.ts";

/** A cache over memcached, with what it told of. */
export interface Opened {
  readonly cache: Cache;
  readonly clock: FakeClock;
  readonly corrupt: CacheEvents["corrupt"][];
  readonly errors: CacheEvents["error"][];
}

/** A cache with the memcached tier alone, a clock that stands still unless told otherwise, and no breaker. */
export function open(
  target: Parameters<typeof memcached>[0],
  options: MemcachedOptions = {},
  cacheOptions: CacheOptions & { real?: boolean } = {},
): Opened {
  const { real = false, ...rest } = cacheOptions;
  const clock = fakeClock();
  const tiers = [memcached(target, { breaker: false, ...options })];
  const cache = createCache({ ...(!real && { clock }), sweepInterval: 0, tiers, ...rest });
  const corrupt: CacheEvents["corrupt"][] = [];
  const errors: CacheEvents["error"][] = [];
  cache.on("corrupt", (event) => corrupt.push(event));
  cache.on("error", (event) => errors.push(event));
  return { cache, clock, corrupt, errors };
}

/** Commands without Tiercel. */
export interface Raw {
  /** Sends text and answers all that comes back until a line that is one of the last of an answer. */
  ask(command: string): Promise<string>;
  close(): void;
}

const LAST_LINE = /(?:^|\r\n)(?:END|EN|STORED|NOT_STORED|EXISTS|NOT_FOUND|DELETED|HD[^\r]*|\w*ERROR[^\r]*)\r\n$/;

/** Opens a raw connection. */
export function rawConnection(port: number): Raw {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.setEncoding("latin1");
  let text = "";
  let notify = () => {};
  socket.on("data", (part: string) => {
    text += part;
    notify();
  });
  return {
    ask(command) {
      text = "";
      return new Promise((resolve) => {
        notify = () => {
          if (LAST_LINE.test(text)) resolve(text);
        };
        socket.write(`${command}\r\n`, "latin1");
      });
    },
    close: () => socket.destroy(),
  };
}

/** A server that does with each piece of what it is sent whatever a test wants. */
export async function fakeServer(
  serve: (socket: Socket, data: string) => void,
): Promise<{ address: string; connections: () => number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.setEncoding("latin1");
    socket.on("data", (data) => serve(socket, String(data)));
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
