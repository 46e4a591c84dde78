/** Requests to the worker of this folder that can be broken off, and the gate at which what they wait for is held. */

import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Miniflare, Response } from "miniflare";
import { bundle } from "../../../scripts/bundle.mjs";
import type { Asked } from "./worker.ts";

/** What came of a call. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** A request under way. */
export interface Asking {
  /** Its answer; `hangs` when there is none for so long that there will be none. */
  readonly answer: Promise<Answer | "hangs" | "broken off">;
  /** Breaks it off as a client does that goes away; workerd then ends the request with all that it waits for. */
  abort(): void;
}

/** A subrequest that is held up. */
export interface Held {
  /** Ends when it has come. */
  readonly reached: Promise<void>;
  release(): void;
}

/** The worker, running. */
export interface Driver {
  ask(asked: Asked, id?: string): Asking;
  /** From now on holds subrequests to this path, such as `load/1`. Without it they are answered at once. */
  hold(path: string): Held;
  /** From now on fails subrequests to this path, or to none. */
  fail(path?: string): void;
  /** Paths of all subrequests so far. */
  readonly reached: readonly string[];
  stop(): Promise<void>;
}

/** After this many milliseconds a request counts as hanging: far longer than a busy machine needs. */
const LIMIT = 60_000;

/** Starts a worker of its own. */
export async function start(compatibilityFlags: string[] = []): Promise<Driver> {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-requests-"));
  const script = join(folder, "worker.js");
  await bundle("test/workers/requests/worker.ts", script, { conditions: ["workerd", "worker", "browser"] });
  const held = new Map<string, { reach: () => void; released: Promise<void>; release: () => void }>();
  const reached: string[] = [];
  let failing: string | undefined;
  const miniflare = new Miniflare({
    modules: [{ type: "ESModule", path: script }],
    modulesRoot: folder,
    compatibilityDate: "2026-11-17",
    compatibilityFlags,
    // Past the worker that miniflare puts in front, which tells ours nothing of a client that goes away.
    unsafeDirectSockets: [{}],
    d1Databases: ["DB"],
    kvNamespaces: ["KV"],
    durableObjects: { OBJECTS: { className: "Objects", useSQLite: true } },
    serviceBindings: {
      async GATE(request: { readonly url: string }) {
        const path = decodeURIComponent(new URL(request.url).pathname.slice(1));
        reached.push(path);
        const gate = held.get(path);
        gate?.reach();
        await gate?.released;
        if (path === failing) return new Response("", { status: 500 });
        return new Response(`by ${path.split("/").at(-1)}`);
      },
    },
  });
  const base = await miniflare.unsafeGetDirectURL();
  let count = 0;
  return {
    reached,
    ask(asked, id = String(++count)) {
      const controller = new AbortController();
      const response = new Promise<Answer | "broken off">((resolve, reject) => {
        const query = new URLSearchParams({ ask: JSON.stringify(asked), id });
        const socket = connect(Number(base.port), base.hostname);
        socket.write(`GET /?${query} HTTP/1.1\r\nhost: ${base.host}\r\nconnection: close\r\n\r\n`);
        const chunks: Buffer[] = [];
        socket.on("data", (chunk) => chunks.push(chunk));
        socket.on("error", reject);
        socket.on("close", () => {
          if (controller.signal.aborted) return;
          const [head = "", body = ""] = Buffer.concat(chunks).toString().split("\r\n\r\n");
          resolve(head.startsWith("HTTP/1.1 200 ") ? JSON.parse(body) : { error: `${head} ${body}` });
        });
        controller.signal.addEventListener("abort", () => {
          resolve("broken off");
          socket.resetAndDestroy();
        });
      });
      const hangs = setTimeout(LIMIT, "hangs" as const, { ref: false });
      return { answer: Promise.race([response, hangs]), abort: () => controller.abort() };
    },
    hold(path) {
      let reach = () => {};
      let open = () => {};
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      const released = new Promise<void>((resolve) => {
        open = resolve;
      });
      held.set(path, { reach, released, release: open });
      return {
        reached,
        release() {
          held.delete(path);
          open();
        },
      };
    },
    fail(path) {
      failing = path;
    },
    async stop() {
      for (const { release } of held.values()) release();
      await miniflare.dispose();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
