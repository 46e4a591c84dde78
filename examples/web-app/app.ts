/**
 * The routes of the example.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { NONCE, type SecureHeadersVariables, secureHeaders } from "hono/secure-headers";
import { timing } from "hono/timing";
import { type Cache, TiercelError } from "tiercel";
import { adminRouter } from "tiercel/hono";
import { accessLog, evictionLog, hotKeys } from "tiercel/observe";
import { profiles } from "tiercel/profiles";
import { prometheus } from "tiercel/prometheus";
import { getWithStatus } from "./cache-status.ts";
import { inspectPackage, listPackages, type PackageReport } from "./packages.ts";

const page = await readFile(new URL("page.html", import.meta.url), "utf8");

const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: [NONCE],
  styleSrc: [NONCE],
  imgSrc: ["data:"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  requireTrustedTypesFor: ["'script'"],
};

/**
 * Makes the app.
 *
 * @param folder the node_modules whose packages it tells about
 * @param token that opens the admin page at /admin; without it there is none
 */
export function webApp(cache: Cache, folder: string, token?: string): Hono<{ Variables: SecureHeadersVariables }> {
  const app = new Hono<{ Variables: SecureHeadersVariables }>();
  // Before the headers, as it has its own.
  if (token !== undefined) app.route("/admin", admin(cache, token));
  app.use(secureHeaders({ contentSecurityPolicy, strictTransportSecurity: false }), timing());

  app.get("/", (c) => c.html(page.replaceAll("%NONCE%", c.get("secureHeadersNonce") ?? "")));

  app.get("/packages", async (c) => {
    const { value: names, status } = await getWithStatus(cache, "packages", () => listPackages(folder), { ttl: "1m" });
    c.header("Cache-Status", status);
    return c.json({ packages: names.map((name) => ({ name, href: `/packages/${name}` })) });
  });

  app.get("/packages/:name{.+}", async (c) => {
    const name = c.req.param("name");
    const { value: report, status } = await getWithStatus<PackageReport | undefined>(
      cache,
      ["package", name],
      ({ signal }) => inspectPackage(folder, name, signal),
      { tags: (found) => (found ? tagsOf(found) : []), signal: c.req.raw.signal },
    );
    c.header("Cache-Status", status);
    return report ? c.json(report) : c.json({ error: `There is no package ${name}` }, 404);
  });

  app.delete("/packages/:name{.+}", async (c) => {
    const name = c.req.param("name");
    const tier = c.req.query("tier");
    const key = ["package", name];
    return c.json({ name, deleted: await (tier === undefined ? cache.delete(key) : cache.evict(key, { tier })) });
  });

  app.post("/invalidate", async (c) => {
    const tag = c.req.query("tag");
    if (!tag) return c.json({ error: "Say which tag, as in /invalidate?tag=licence:MIT" }, 400);
    await cache.invalidateTags(tag);
    return c.json({ invalidated: tag });
  });

  app.get("/stats", (c) => c.json(cache.stats()));

  app.notFound((c) => c.json({ error: `There is nothing at ${c.req.path}` }, 404));

  app.onError((error, c) => {
    if (error instanceof TiercelError && (error.code === "CONFIG" || error.code === "KEY")) {
      return c.json({ error: error.message }, 400);
    }
    console.error(error);
    return c.json({ error: "Something went wrong" }, 500);
  });
  return app;
}

/** The admin page, with all that can be seen of a cache. */
function admin(cache: Cache, token: string): Hono {
  const observers = { hotKeys: hotKeys(cache), accessLog: accessLog(cache), evictionLog: evictionLog(cache) };
  const settings = profiles(cache, { default: { name: "default", ttl: "5m" } });
  return adminRouter({ cache, auth: { token }, ...observers, profiles: settings, metrics: prometheus(cache) });
}

function tagsOf({ name, licence }: PackageReport): string[] {
  const tags = [`package:${name}`, `licence:${licence}`];
  return name.startsWith("@") ? [...tags, `scope:${name.slice(0, name.indexOf("/"))}`] : tags;
}
