/**
 * Faults of the libSQL server.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { libsql } from "../../adapters/libsql.ts";
import { startProxy } from "../servers/proxy.ts";
import { type SqldServer, startSqld } from "../servers/sqld.ts";
import { pause } from "./load.ts";
import { GARBAGE, proxied } from "./proxied.ts";
import { BUDGET } from "./redis.ts";
import type { Victim } from "./scenario.ts";

function tierAt(url: string, past = false) {
  return libsql(url, { timeout: past ? "1m" : BUDGET, breaker: { cooldown: "1s" } });
}

async function victim(hurt: (server: SqldServer, duration: number) => Promise<void>): Promise<Victim> {
  const server = await startSqld();
  return {
    tier: (past) => tierAt(server.url, past),
    hurt: (duration) => hurt(server, duration),
    stop: () => server.stop(),
  };
}

async function behindProxy(fault: Parameters<typeof proxied>[2]): Promise<Victim> {
  const server = await startSqld();
  const proxy = await startProxy(server.port);
  return proxied(
    { tier: (past) => tierAt(past ? server.url : `http://127.0.0.1:${proxy.port}`, past), stop: () => server.stop() },
    proxy,
    fault,
  );
}

/** Where a file system can be had that is small, but has room for what sqld logs in a minute; only root can. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

async function onFullDisk(): Promise<Victim | string> {
  const folder = smallDisk();
  if (folder === undefined) return "no small file system can be mounted here";
  const server = await startSqld({ folder });
  const filler = join(folder, "filler");
  return {
    tier: (past) => tierAt(server.url, past),
    async hurt(duration) {
      const block = Buffer.alloc(1 << 20);
      try {
        for (;;) appendFileSync(filler, block);
      } catch {
        // Now it is full.
      }
      await pause(duration);
      rmSync(filler);
    },
    async stop() {
      await server.stop();
      execFileSync("umount", ["-l", folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Faults by name. */
export const faults: Record<string, () => Promise<Victim | string>> = {
  "full disk": onFullDisk,
  "kill -9 and restart": () =>
    victim(async (server, duration) => {
      server.kill("SIGKILL");
      await pause(duration);
      await server.restart();
    }),
  "SIGSTOP for 10 s": () =>
    victim(async (server, duration) => {
      server.kill("SIGSTOP");
      await pause(Math.min(duration, 10_000));
      server.kill("SIGCONT");
    }),
  "latency of 200 ms": () => behindProxy({ type: "latency", ms: 200 }),
  "connections cut in the middle of a reply": () => behindProxy({ type: "cut", bytes: 10 }),
  garbage: () => behindProxy({ type: "garbage", bytes: GARBAGE }),
  "accepts and never answers": () => behindProxy("silent"),
};
