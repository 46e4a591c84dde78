/** One connection through the proxy. */
import { connect, type Socket } from "node:net";

/**
 * - `pass`: everything goes through.
 * - `latency`: every answer comes `ms` milliseconds later.
 * - `refuse`: connections are refused, open ones are cut.
 * - `silent`: requests reach the server, answers are held back.
 * - `blackhole`: nothing goes through, in either direction. Connections are still accepted: to drop them takes a firewall.
 * - `cut`: of the next answer `bytes` (half of it by default) go through, then the connection is cut.
 * - `garbage`: every request is answered by `bytes`, and does not reach the server.
 *
 * What was held back goes through when the mode changes to one that lets it, as packets that a network repeats.
 */
export type ProxyMode =
  | { readonly type: "pass" | "refuse" | "silent" | "blackhole" }
  | { readonly type: "latency"; readonly ms?: number }
  | { readonly type: "cut"; readonly bytes?: number }
  | { readonly type: "garbage"; readonly bytes?: Uint8Array };

export interface ProxyStats {
  /** Connections that were accepted. */
  connections: number;
  /** Connections that are open. */
  open: number;
  /** From clients, and from the server, as they came to the proxy. */
  bytesUp: number;
  bytesDown: number;
  /** How often a client sent something first or after an answer: its round trips, however many packets each had. */
  bursts: number;
}

/** No protocol's answer begins with these bytes, and no text is made of them. */
const GARBAGE = Uint8Array.from([0x00, 0xff, 0xfe, 0x01, 0x80, 0x0d, 0x0a, 0x7f]);

/** Connects a client with the server. `changed` is called after the mode has changed. */
export function link(
  client: Socket,
  port: number,
  stats: ProxyStats,
  mode: () => ProxyMode,
): { changed(): void; cut(): void } {
  const server = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let hasSent = false;
  const cut = () => {
    up.close();
    down.close();
    client.destroy();
    server.destroy();
  };
  const up = lane(server, () => (mode().type === "blackhole" ? undefined : 0));
  const down = lane(client, () => {
    const now = mode();
    if (now.type === "blackhole" || now.type === "silent") return undefined;
    return now.type === "latency" ? (now.ms ?? 100) : 0;
  });
  client.on("data", (bytes: Buffer) => {
    stats.bytesUp += bytes.length;
    if (!hasSent) stats.bursts++;
    hasSent = true;
    const now = mode();
    if (now.type !== "garbage") return up.push(bytes);
    hasSent = false;
    down.push(now.bytes ?? GARBAGE);
  });
  server.on("data", (bytes: Buffer) => {
    stats.bytesDown += bytes.length;
    hasSent = false;
    const now = mode();
    if (now.type !== "cut") return down.push(bytes);
    const part = bytes.subarray(0, now.bytes ?? Math.floor(bytes.length / 2));
    if (part.length === 0) cut();
    else client.write(part, cut);
  });
  for (const socket of [client, server]) {
    socket.setNoDelay(true);
    socket.on("error", cut);
    socket.on("close", cut);
    // Whoever waits for an answer keeps its process alive, not the proxy.
    socket.unref();
  }
  client.on("end", () => up.push(undefined));
  server.on("end", () => down.push(undefined));
  return {
    cut,
    changed() {
      up.changed();
      down.changed();
    },
  };
}

/** One direction: what waits to be written, in order. `delay` tells milliseconds, or undefined to hold everything back. */
function lane(target: Socket, delay: () => number | undefined) {
  const waiting: { bytes: Uint8Array | undefined; came: number }[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    for (let next = waiting[0]; next; next = waiting[0]) {
      const ms = delay();
      if (ms === undefined) return;
      const rest = next.came + ms - performance.now();
      if (rest > 0) {
        timer = setTimeout(write, rest);
        return;
      }
      waiting.shift();
      if (next.bytes === undefined) target.end();
      else if (!target.destroyed) target.write(next.bytes);
    }
  };
  return {
    /** Undefined is the end. */
    push(bytes: Uint8Array | undefined) {
      waiting.push({ bytes, came: performance.now() });
      if (timer === undefined) write();
    },
    changed: write,
    close() {
      clearTimeout(timer);
      waiting.length = 0;
    },
  };
}
