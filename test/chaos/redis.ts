/**
 * Faults of Redis.
 *
 * @module
 */
import { redis } from "../../adapters/redis.ts";
import { startProxy } from "../servers/proxy.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { connectRedis } from "../servers/resp.ts";
import { pause } from "./load.ts";
import { GARBAGE, proxied } from "./proxied.ts";
import type { Victim } from "./scenario.ts";

/** Budget of the tier, in milliseconds. */
export const BUDGET = 500;

type Hurt = (server: RedisServer, duration: number) => Promise<void>;

function tierAt(url: string, past = false) {
  return redis(url, { timeout: past ? "1m" : BUDGET, breaker: { cooldown: "1s" } });
}

async function victim(hurt: Hurt, args: readonly string[] = []): Promise<Victim> {
  const server = await startRedis({ args });
  return {
    tier: (past) => tierAt(server.url, past),
    hurt: (duration) => hurt(server, duration),
    stop: () => server.stop(),
  };
}

async function behindProxy(fault: Parameters<typeof proxied>[2]): Promise<Victim> {
  const server = await startRedis();
  const proxy = await startProxy(server.port);
  return proxied(
    { tier: (past) => tierAt(past ? server.url : `redis://127.0.0.1:${proxy.port}`, past), stop: () => server.stop() },
    proxy,
    fault,
  );
}

/** Faults by name. */
export const faults: Record<string, () => Promise<Victim>> = {
  "kill -9, empty at the restart": () =>
    victim(async (server, duration) => {
      server.kill("SIGKILL");
      await pause(duration);
      await server.restart();
    }),
  "kill -9, restart with an append-only file": () =>
    victim(
      async (server, duration) => {
        server.kill("SIGKILL");
        await pause(duration);
        await server.restart();
      },
      ["--appendonly", "yes", "--appendfsync", "always"],
    ),
  "SIGSTOP for 10 s": () =>
    victim(async (server, duration) => {
      server.kill("SIGSTOP");
      await pause(Math.min(duration, 10_000));
      server.kill("SIGCONT");
    }),
  "latency of 200 ms": () => behindProxy({ type: "latency", ms: 200 }),
  "latency beyond the budget": () => behindProxy({ type: "latency", ms: 2 * BUDGET }),
  "connections cut in the middle of a reply": () => behindProxy({ type: "cut", bytes: 10 }),
  garbage: () => behindProxy({ type: "garbage", bytes: GARBAGE }),
  "refuses connections": () => behindProxy("refuse"),
  "accepts and never answers": () => behindProxy("silent"),
  "maxmemory evicts our tag records": () =>
    victim(
      async (server, duration) => {
        const wire = await connectRedis({ port: server.port });
        const end = performance.now() + duration;
        // Others fill the server, so that it evicts whatever it likes.
        for (let i = 0; performance.now() < end; i++) {
          // Refused where nothing can be evicted at the moment.
          await wire.exchange(["SET", `foreign ${i % 2_000}`, "x".repeat(2_000)]);
          if (i % 20 === 0) await pause(5);
        }
        await wire.send("CONFIG", "SET", "maxmemory", "0");
        wire.close();
      },
      ["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random"],
    ),
  "FLUSHALL by somebody else": () =>
    victim(async (server, duration) => {
      const wire = await connectRedis({ port: server.port });
      for (let left = duration; left > 0; left -= 500) {
        await wire.send("FLUSHALL");
        await pause(500);
      }
      wire.close();
    }),
  "disk that takes no more: writes are refused": () =>
    victim(
      async (server, duration) => {
        const wire = await connectRedis({ port: server.port });
        // A snapshot that fails, here for want of a folder that can be written, makes Redis refuse writes as a full disk does.
        await wire.send("CONFIG", "SET", "dir", "/proc");
        await wire.send("BGSAVE");
        await pause(duration);
        await wire.send("CONFIG", "SET", "dir", server.folder);
        await wire.send("BGSAVE");
        wire.close();
      },
      ["--save", "3600 1", "--enable-protected-configs", "yes"],
    ),
};
