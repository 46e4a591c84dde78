/**
 * What `npm start` runs: a small server whose slow answers are cached in memory and in a SQLite file.
 *
 * Settings: `--port` or `PORT` (default 3000), `HOST` (default 127.0.0.1), `PACKAGES` (the folder to tell about,
 * default node_modules), `TIERCEL_URL` (the cache, default .tiercel/cache.db), `ADMIN_TOKEN` (opens the admin page at
 * /admin, at least 16 characters; default: a new one at each start, which is printed).
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { serve } from "@hono/node-server";
import { openCache } from "tiercel/node";
import { webApp } from "./app.ts";

// An empty variable is how a shell says that there is none.
const settings = Object.fromEntries(Object.entries(process.env).filter(([, text]) => text !== ""));
const { PORT = "3000", HOST = "127.0.0.1", PACKAGES = "node_modules", TIERCEL_URL, ADMIN_TOKEN } = settings;
const token = ADMIN_TOKEN ?? randomBytes(18).toString("base64url");
const port = orFail(readPort);
const cache = orFail(() => openCache(undefined, { name: "web-app", ttl: "5m", grace: "1h" }));
const app = orFail(() => webApp(cache, PACKAGES, token));
const server = serve({ fetch: app.fetch, port, hostname: HOST }, (info) => {
  const tiers = TIERCEL_URL ? cache.stats().tiers.map(({ name }) => name) : ["memory", ".tiercel/cache.db"];
  const host = HOST === "127.0.0.1" ? "localhost" : HOST;
  // A token of the user's own is not printed.
  const login = `Admin page at http://${host}:${info.port}/admin, token ${ADMIN_TOKEN ? "as in ADMIN_TOKEN" : token}`;
  console.log(`Tiercel example ready at http://${host}:${info.port} (${tiers.join(" + ")})\n${login}`);
});
server.on("error", async (error: Error & { code?: string }) => {
  await cache.close();
  fail(error.code === "EADDRINUSE" ? `Port ${port} is in use: set PORT to another one` : error.message);
});
process.once("SIGINT", stop).once("SIGTERM", stop);

function readPort(): number {
  const { port } = parseArgs({ options: { port: { type: "string", default: PORT } } }).values;
  if (/^\d{1,5}$/.test(port) && Number(port) <= 65_535) return Number(port);
  throw new Error(`Cannot listen on port ${port}: give a number up to 65535`);
}

/** Answers what was asked, then closes the cache. Whoever takes longer than two seconds is cut off. */
async function stop(): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const late = new Promise((resolve) => setTimeout(resolve, 2000));
  await Promise.race([closed, late]);
  await cache.close();
  process.exit(0);
}

function orFail<T>(start: () => T): T {
  try {
    return start();
  } catch (error) {
    fail((error as Error).message);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
