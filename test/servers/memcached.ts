/** A real memcached. See available.ts for tests on machines without one. */
import { connect } from "node:net";
import { programPath } from "./available.ts";
import { type Server, startServer } from "./server.ts";

export interface MemcachedOptions {
  /** More of the program's arguments, as `["-m", "16"]` (MB of memory) or `["-I", "4m"]` (largest item, 1 MB by default). */
  readonly args?: readonly string[];
  /** A free port by default. */
  readonly port?: number;
}

export interface MemcachedServer extends Server {
  readonly host: string;
  /** `127.0.0.1:port` */
  readonly address: string;
  /** `memcache://127.0.0.1:port` */
  readonly url: string;
}

/** Starts memcached on 127.0.0.1, TCP alone, with nothing in it; takes about 20 ms. A restart empties it. */
export async function startMemcached(options: MemcachedOptions = {}): Promise<MemcachedServer> {
  const server = await startServer({
    name: "memcached",
    program: programPath("memcached") ?? "memcached",
    port: options.port,
    args: (port) => {
      const user = process.getuid?.() === 0 ? ["-u", "root"] : [];
      return ["-l", "127.0.0.1", "-p", String(port), "-U", "0", "-t", "2", ...user, ...(options.args ?? [])];
    },
    answers: async (port, pid) => (await statsOf(port)).includes(`STAT pid ${pid}\r`),
  });
  const address = `127.0.0.1:${server.port}`;
  const own = { host: "127.0.0.1", address, url: `memcache://${address}` };
  return Object.defineProperties(own, Object.getOwnPropertyDescriptors(server)) as MemcachedServer;
}

/** The answer to `stats`, which ends with `END`. */
function statsOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write("stats\r\n"));
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => {
      text += part;
      if (!text.endsWith("END\r\n")) return;
      socket.destroy();
      resolve(text);
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The connection was closed")));
  });
}
