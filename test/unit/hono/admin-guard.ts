import type { Context } from "hono";
import { Hono } from "hono";
import { type AdminOptions, adminRouter } from "../../../adapters/hono/mod.ts";
import { createCache, defineTier, nullTier } from "../../../mod.ts";
import { equal, ok, same, type TestCase, throws } from "../../contract/mod.ts";
import { ORIGIN, site, siteSuite, TOKEN } from "./site.ts";

const bearer = { authorization: `Bearer ${TOKEN}` };

export const tests: TestCase[] = siteSuite("admin guard", {
  "refuses to start unless it is said who may come in": () => {
    const cache = createCache({ sweepInterval: 0 });
    const wrong: unknown[] = [
      undefined,
      null,
      "",
      "all",
      {},
      { token: "" },
      { token: "short" },
      { token: [] },
      { token: "with a space in it" },
      true,
    ];
    for (const auth of wrong) throws(() => adminRouter({ cache, auth } as AdminOptions), "CONFIG");
    throws(() => adminRouter({ auth: "none" } as never), "CONFIG");
    for (const options of [undefined, null, 5]) throws(() => adminRouter(options as never), "CONFIG");
    throws(() => adminRouter({ cache, auth: "none", maxPageSize: 0 }), "CONFIG");
    adminRouter({ cache, auth: "none" });
  },
  "lets nobody in without the token, with a wrong one, or with one in the address": async () => {
    const { ask, cache } = site();
    await cache.set("k", 1);
    const wrong: Record<string, string>[] = [
      {},
      { authorization: "Bearer " },
      { authorization: `Bearer ${TOKEN}x` },
      { authorization: `Bearer ${TOKEN.slice(1)}` },
      { authorization: TOKEN },
      { authorization: `Basic ${btoa(`admin:${TOKEN}`)}` },
      { cookie: `tiercel_admin=${TOKEN}` },
      { cookie: `tiercel_admin=9999999999.${"0".repeat(64)}` },
      { "x-forwarded-for": "127.0.0.1", "x-token": TOKEN },
    ];
    const paths = ["/stats", "/keys", "/entry?key=k", "/openapi.json", "/events", "/metrics", "/nope"];
    for (const headers of wrong) {
      for (const path of paths) {
        const response = await ask(`/api${path}`, { headers });
        equal([path, response.status, response.headers.get("www-authenticate")], [path, 401, 'Bearer realm="tiercel"']);
      }
      for (const path of ["", "/keys", "/entry?key=k", "/logs", "/nope"]) {
        const response = await ask(path, { headers });
        equal([response.status, response.headers.get("location")], [302, "/admin/login"]);
      }
    }
    for (const query of [`token=${TOKEN}`, `access_token=${TOKEN}`, `authorization=Bearer%20${TOKEN}`])
      same((await ask(`/api/stats?${query}`)).status, 401);
    same((await ask("/api/entry?key=k", { method: "DELETE" })).status, 401);
    same(await cache.has("k"), true);
    same((await ask("/api/stats", { headers: bearer })).status, 200);
  },
  "takes each of several tokens": async () => {
    const { ask } = site({ auth: { token: ["the-old-token-1234", TOKEN] } });
    for (const token of ["the-old-token-1234", TOKEN])
      same((await ask("/api/stats", { headers: { authorization: `Bearer ${token}` } })).status, 200);
  },
  "a session begins with the token, is in a cookie that no script reads, and ends with the logout": async () => {
    const { browser, ask } = site();
    const one = browser();
    same((await one.get("/login")).status, 200);
    equal((await one.post("/login", { token: "not-the-token-at-all" })).location, "/admin/login");
    ok((await one.get("/login")).text.includes("That is not the token."));
    equal((await one.post("/login", { token: TOKEN })).location, "/admin");
    same((await one.get("")).status, 200);
    // What a proxy before us asks for is none of ours.
    same((await one.get("", { authorization: "Basic eDp5" })).status, 200);
    same((await one.get("", { authorization: "Bearer not-the-token-at-all" })).status, 302);
    const session = one.cookies.get("tiercel_admin") ?? "";
    ok(!session.includes(TOKEN));
    const [end = "", signature] = session.split(".");
    const forged = await ask("/api/stats", { headers: { cookie: `tiercel_admin=${Number(end) + 1}.${signature}` } });
    same(forged.status, 401);
    equal((await one.post("/logout", {})).location, "/admin/login");
    same((await one.get("")).status, 302);
  },
  "a session ends after twelve hours": async () => {
    const { browser } = site();
    const one = browser();
    const now = Date.now;
    try {
      const begun = now();
      Date.now = () => begun;
      await one.login();
      Date.now = () => begun + 43_190_000;
      same((await one.get("")).status, 200);
      Date.now = () => begun + 43_201_000;
      same((await one.get("")).status, 302);
    } finally {
      Date.now = now;
    }
  },
  "cookies are of this page, for no script and for no other site": async () => {
    const { ask } = site();
    const page = await ask("/login");
    const text = await page.text();
    const [form = ""] = page.headers.getSetCookie();
    const mark = /name="mark" value="([0-9a-f]+)"/.exec(text)?.[1] ?? "";
    const cookie = form.slice(0, form.indexOf(";"));
    const login = await ask("/login", { form: { mark, token: TOKEN }, headers: { origin: ORIGIN, cookie } });
    for (const set of [form, ...login.headers.getSetCookie()])
      for (const part of [/; path=\/admin/i, /; httponly/i, /; samesite=strict/i, /; secure/i])
        ok(part.test(set), `${part} in ${set}`);
  },
  "changes of a session come from our own page": async () => {
    const { browser, cache, ask } = site();
    const one = browser();
    await one.login();
    const keep = async (): Promise<void> => {
      await cache.set("k", 1);
      await one.get("/entry?key=k");
    };
    const refused: [headers: Record<string, string>, form?: Record<string, string>][] = [
      [{ origin: "https://evil.test" }],
      [{ origin: "null" }],
      [{ origin: `${ORIGIN}.evil.test` }],
      [{ origin: "https://evil.test/?https://example.test" }],
      [{ origin: ORIGIN, "sec-fetch-site": "cross-site" }],
      [{ origin: ORIGIN, "sec-fetch-site": "same-site" }],
      [{ origin: ORIGIN }, { mark: "" }],
      [{ origin: ORIGIN }, { mark: "0".repeat(32) }],
    ];
    for (const [headers, form] of refused) {
      await keep();
      const { status } = await one.post("/entry/delete", { key: "k", ...form }, headers);
      ok(status === 403 || status === 400, `${status}`);
      same(await cache.has("k"), true);
    }
    const cookie = [...one.cookies].map((pair) => pair.join("=")).join("; ");
    for (const headers of [{ cookie }, { cookie, origin: "https://evil.test" }] as Record<string, string>[]) {
      same((await ask("/api/entry?key=k", { method: "DELETE", headers })).status, 403);
      same((await ask("/api/invalidate", { json: { by: "pattern", pattern: "*" }, headers })).status, 403);
    }
    same(await cache.has("k"), true);
    same((await one.post("/entry/delete", { key: "k" })).status, 303);
    same(await cache.has("k"), false);
  },
  "without a token of its own, changes from other sites are refused as well": async () => {
    for (const auth of ["none", (_: Context, next: () => Promise<void>) => next()] as const) {
      const { ask, cache } = site({ auth });
      await cache.set("k", 1);
      for (const headers of [{ origin: "https://evil.test" }, { "sec-fetch-site": "cross-site" }] as Record<
        string,
        string
      >[])
        same((await ask("/api/prune", { method: "POST", headers })).status, 403);
      same((await ask("/api/entry?key=k", { method: "DELETE" })).status, 200);
    }
  },
  "a host that a proxy has changed is ours where it is named": async () => {
    const { browser } = site({ hosts: ["public.test"] });
    const one = browser();
    await one.get("/login");
    same((await one.post("/login", { token: TOKEN }, { origin: "https://other.test" })).status, 403);
    equal((await one.post("/login", { token: TOKEN }, { origin: "https://public.test" })).location, "/admin");
  },
  "a middleware of the user's decides": async () => {
    const auth = async (c: Context, next: () => Promise<void>): Promise<Response | undefined> => {
      if (c.req.header("x-user") !== "ada") return c.text("not you", 418 as never);
      await next();
      return undefined;
    };
    const { ask } = site({ auth: auth as never });
    for (const path of ["", "/api/stats", "/keys", "/live"]) {
      same((await ask(path)).status, 418);
      same((await ask(path, { headers: { "x-user": "ada" } })).status, 200);
    }
    same((await ask("/login", { headers: { "x-user": "ada" } })).status, 404);
  },
  "who may only look changes nothing": async () => {
    const { api, cache, browser } = site({ readOnly: true });
    await cache.set("k", 1, { tags: ["t"] });
    const changes: [path: string, sent: object][] = [
      ["/entry", { method: "PUT", json: { key: "k", value: 2 } }],
      ["/entry?key=k", { method: "DELETE" }],
      ["/expire", { json: { key: "k", ttl: 0 } }],
      ["/invalidate", { json: { by: "tags", tags: ["t"] } }],
      ["/prune", { json: {} }],
      ["/clear", { json: { confirm: "app" } }],
      ["/profiles/use", { json: { name: "x" } }],
    ];
    for (const [path, sent] of changes) equal([path, (await api(path, sent)).status], [path, 403]);
    same((await api("/count", { json: { by: "tags", tags: ["t"] } })).status, 200);
    const one = browser();
    await one.login();
    for (const path of ["/entry?key=k", "/invalidate"]) ok(!/<button class="danger"/.test((await one.get(path)).text));
    same((await one.post("/entry/delete", { key: "k" })).status, 403);
    same(await cache.get("k"), 1);
  },
  "every answer forbids scripts of others, frames and guesses, and none is kept": async () => {
    const { browser } = site();
    const { ask } = site({ auth: "none" });
    const nonces = new Set<string>();
    for (const path of ["", "/keys", "/nope", "/login"]) {
      const { headers } = await ask(path);
      const policy = headers.get("content-security-policy") ?? "";
      ok(policy.startsWith("default-src 'none';"));
      ok(!/unsafe|\*|https?:/.test(policy), policy);
      nonces.add(/script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? "");
      equal(headers.get("cache-control"), "no-store");
      equal(headers.get("x-content-type-options"), "nosniff");
    }
    same(nonces.size, 4);
    const one = browser();
    await one.login();
    for (const path of ["", "/keys", "/entry?key=x", "/invalidate", "/logs", "/profiles"]) {
      const { text } = await one.get(path);
      ok(!/\s(?:style|on[a-z]+)=/i.test(text), path);
      for (const [, address = ""] of text.matchAll(/(?:src|href|action)="([^"]*)"/g))
        ok(/^(\/admin|#content|data:,$)/.test(address), address);
    }
  },
  "no secret is in any answer": async () => {
    const client = { password: "hunter2-hunter2" };
    const tier = defineTier({ ...nullTier(), name: "lower", client });
    const cache = createCache({ name: "app", tiers: [tier], sweepInterval: 0 });
    const { ask } = site({}, cache);
    for (const path of [
      "",
      "/live",
      "/keys",
      "/logs",
      "/api/stats",
      "/api/health",
      "/api/tiers",
      "/api/openapi.json",
      "/api/explain?key=k",
      "/nope",
    ]) {
      const text = await (await ask(path, { headers: bearer })).text();
      ok(!text.includes(TOKEN) && !text.includes(client.password), path);
    }
  },
  "finds itself wherever it is mounted": async () => {
    const cache = createCache({ sweepInterval: 0 });
    const app = new Hono();
    const inner = new Hono();
    inner.route("/cache", adminRouter({ cache, auth: "none" }));
    app.route("/deep/:tenant", inner);
    const text = await (await app.request(`${ORIGIN}/deep/acme/cache`)).text();
    ok(text.includes('href="/deep/acme/cache/keys"'));
    same((await app.request(`${ORIGIN}/deep/acme/cache/keys`)).status, 200);
    const other = new Hono().route("/", adminRouter({ cache, auth: "none", basePath: "/seen/at" }));
    ok((await (await other.request(`${ORIGIN}/`)).text()).includes('href="/seen/at/keys"'));
    for (const path of ["/admin", "/admin/"]) {
      const slashed = new Hono().route(path, adminRouter({ cache, auth: { token: TOKEN } }));
      for (const from of ["/admin", "/admin/"]) {
        let response = await slashed.request(`${ORIGIN}${from}`, { headers: bearer });
        for (let more = 2; response.status === 302 && more > 0; more--)
          response = await slashed.request(ORIGIN + response.headers.get("location"), { headers: bearer });
        equal([path, from, response.status], [path, from, 200]);
      }
    }
    throws(() => adminRouter({ cache, auth: "none", basePath: "https://evil.test" }), "CONFIG");
  },
});
