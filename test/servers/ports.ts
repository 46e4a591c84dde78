/** Ports that nobody listens on. */
import { createServer } from "node:net";

/** Those that this process was given, which may be about to be used. */
const given = new Set<number>();

/**
 * A free port of 127.0.0.1, below those that outgoing connections get: one of those could be given away while a
 * server restarts, and a client that retries could even connect to itself.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error("Cannot find a free port in 100 attempts");
}

/** Whether a listener could be opened at a port. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
