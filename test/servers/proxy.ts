/** A TCP proxy between a client and a server, for faults of the network and for counting round trips. */
import { createServer, type Server } from "node:net";
import { freePort } from "./ports.ts";
import { link, type ProxyMode, type ProxyStats } from "./proxy-link.ts";

export type { ProxyMode, ProxyStats } from "./proxy-link.ts";

export interface Proxy {
  /** On 127.0.0.1; stays the same. */
  readonly port: number;
  /** Since the start or the last `reset`; `open` is now. */
  readonly stats: Readonly<ProxyStats>;
  /** Changes what happens, to open connections too. */
  mode(mode: ProxyMode | ProxyMode["type"]): Promise<void>;
  /** Counts from zero. */
  reset(): void;
  /** Cuts all open connections; new ones are taken. */
  cut(): void;
  /** May be called again. */
  stop(): Promise<void>;
}

/** Starts a proxy to a port of 127.0.0.1 that passes everything on. */
export async function startProxy(targetPort: number): Promise<Proxy> {
  let mode: ProxyMode = { type: "pass" };
  let port = 0;
  const stats: ProxyStats = { connections: 0, open: 0, bytesUp: 0, bytesDown: 0, bursts: 0 };
  const links = new Set<ReturnType<typeof link>>();
  let server: Server | undefined;

  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      const opened = createServer({ allowHalfOpen: true }, (client) => {
        stats.connections++;
        stats.open++;
        const made = link(client, targetPort, stats, () => mode);
        links.add(made);
        client.once("close", () => {
          stats.open--;
          links.delete(made);
        });
      });
      opened.once("error", reject);
      opened.listen(at, "127.0.0.1", resolve);
      opened.unref();
      server = opened;
    });
  const close = () =>
    new Promise<void>((resolve) => {
      if (server === undefined) return resolve();
      server.close(() => resolve());
      server = undefined;
      for (const each of links) each.cut();
    });

  for (let attempt = 1; port === 0; attempt++) {
    const free = await freePort();
    try {
      await listen(free);
      port = free;
    } catch (error) {
      // Somebody else may have taken it since it was found free.
      if (attempt === 3) throw error;
    }
  }
  return {
    port,
    stats,
    async mode(next) {
      mode = typeof next === "string" ? { type: next } : next;
      if (mode.type === "refuse") return close();
      if (server === undefined) await listen(port);
      for (const each of links) each.changed();
    },
    reset() {
      Object.assign(stats, { connections: 0, bytesUp: 0, bytesDown: 0, bursts: 0 });
    },
    cut() {
      for (const each of links) each.cut();
    },
    stop: close,
  };
}
