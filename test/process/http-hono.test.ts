/** The middleware of Hono, with Hono itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { etag } from "hono/etag";
import { type ResponseCacheOptions, responseCache } from "../../adapters/hono/mod.ts";
import { createCache } from "../../mod.ts";
import { fakeClock } from "../contract/mod.ts";

function open(options: ResponseCacheOptions = {}, hasApp = true) {
  const clock = fakeClock();
  const cache = createCache({ clock, sweepInterval: 0 });
  const works: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>): void => void works.push(work);
  const app = new Hono();
  const own = hasApp ? { app } : {};
  const middleware = responseCache(cache, { clock, waitUntil, ...own, ...options });
  const settle = async (): Promise<void> => {
    while (works.length > 0) await works.pop();
  };
  const get = async (path: string, init?: RequestInit): Promise<Response> => app.request(path, init);
  const text = async (path: string, init?: RequestInit): Promise<string> => {
    const body = await (await get(path, init)).text();
    await settle();
    return body;
  };
  return { app, cache, clock, middleware, get, text, settle };
}

test("stores what routes answer, and tells of it", async () => {
  const { app, middleware, text, get } = open();
  let count = 0;
  app.use(middleware);
  app.get("/a", (c) => c.text(`page ${++count}`, 200, { "cache-control": "max-age=60" }));
  assert.deepEqual([await text("/a"), await text("/a")], ["page 1", "page 1"]);
  const hit = await get("/a");
  assert.equal(hit.headers.get("cache-status"), "Tiercel; hit; ttl=60");
  assert.equal(hit.headers.get("content-type"), "text/plain; charset=UTF-8");
});

test("refreshes in the background by a sub-request, with the body of the route that was asked", async () => {
  const { app, middleware, text, clock } = open();
  const counts = new Map<string, number>();
  app.use(middleware);
  app.get("/:name", (c) => {
    const name = c.req.param("name");
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return c.text(`${name} ${counts.get(name)}`, 200, { "cache-control": "max-age=10, stale-while-revalidate=60" });
  });
  assert.deepEqual([await text("/a"), await text("/b")], ["a 1", "b 1"]);
  await clock.advance("20s");
  assert.deepEqual([await text("/a"), await text("/b")], ["a 1", "b 1"]);
  assert.deepEqual([await text("/a"), await text("/b")], ["a 2", "b 2"]);
});

test("a refresh stores what comes from behind it, and nothing of what middleware before it makes of that", async () => {
  const { app, middleware, get, settle, clock } = open();
  let count = 0;
  app.use(async (c, next) => {
    await next();
    const text = await c.res.text();
    const user = c.req.header("x-user") ?? "guest";
    c.res = new Response(text.replace("{{name}}", user), c.res);
    c.res.headers.set("x-for", user);
  });
  app.use(middleware);
  app.get("/", (c) =>
    c.text(`${++count}: hello {{name}}`, 200, { "cache-control": "max-age=10, stale-while-revalidate=60" }),
  );
  const seen = async (user: string): Promise<string> => {
    const response = await get("/", { headers: { "x-user": user } });
    const text = `${await response.text()} ${response.headers.get("x-for")}`;
    await settle();
    return text;
  };
  assert.equal(await seen("alice"), "1: hello alice alice");
  await clock.advance("20s");
  assert.equal(await seen("alice"), "1: hello alice alice");
  assert.equal(await seen("bob"), "2: hello bob bob");
});

test("one cache behind another refreshes whole bodies", async () => {
  const { app, middleware, text, clock, cache } = open();
  app.use("*", middleware);
  app.use("/a", responseCache(cache.namespace("inner"), { app, clock }));
  let count = 0;
  app.get("/a", (c) => c.text(`body ${++count}`, 200, { "cache-control": "max-age=10, stale-while-revalidate=60" }));
  assert.equal(await text("/a"), "body 1");
  for (const expected of ["body 1", "body 2"]) {
    await clock.advance("20s");
    assert.equal(await text("/a"), expected);
  }
});

test("a refresh that middleware before it answers changes nothing that is stored", async () => {
  const { app, middleware, text, clock } = open();
  let requests = 0;
  // The third is the refresh.
  app.use(async (c, next) => (++requests === 3 ? c.text("closed", 200, { "cache-control": "max-age=60" }) : next()));
  app.use(middleware);
  let count = 0;
  app.get("/", (c) => c.text(`${++count}`, 200, { "cache-control": "max-age=10, stale-while-revalidate=60" }));
  assert.equal(await text("/"), "1");
  await clock.advance("20s");
  assert.equal(await text("/"), "1");
  assert.equal(requests, 3);
  assert.equal(await text("/"), "1");
  assert.equal(await text("/"), "2");
});

test("waits for the answer where there is no app to ask", async () => {
  const { app, middleware, text, clock } = open({}, false);
  let count = 0;
  app.use(middleware);
  app.get("/", (c) => c.text(`${++count}`, 200, { "cache-control": "max-age=10, stale-while-revalidate=60" }));
  await text("/");
  await clock.advance("20s");
  assert.equal(await text("/"), "2");
});

test("no client can go past it by a header", async () => {
  const { app, middleware, text } = open();
  let count = 0;
  app.use(middleware);
  app.get("/", (c) => c.text(`${++count}`, 200, { "cache-control": "max-age=60" }));
  await text("/");
  for (const name of ["x-tiercel-refresh", "x-middleware-subrequest", "x-bypass"])
    assert.equal(await text("/", { headers: { [name]: "1" } }), "1");
});

test("asks routes once for all who want the same", async () => {
  const { app, middleware, get, settle } = open();
  let count = 0;
  app.use(middleware);
  app.get("/", async (c) => {
    await new Promise((resolve) => setImmediate(resolve));
    return c.text(`${++count}`, 200, { "cache-control": "max-age=60" });
  });
  const all = await Promise.all(Array.from({ length: 100 }, async () => (await get("/")).text()));
  assert.deepEqual(new Set(all), new Set(["1"]));
  await settle();
});

test("validates with what etag() tells", async () => {
  const { app, middleware, get, text, clock } = open();
  const asked: (string | undefined)[] = [];
  app.use(middleware, etag());
  app.get("/", (c) => {
    asked.push(c.req.header("if-none-match"));
    return c.text("same", 200, { "cache-control": "max-age=10" });
  });
  await text("/");
  await clock.advance("20s");
  assert.equal(await text("/"), "same");
  const tag = (await get("/")).headers.get("etag")!;
  assert.deepEqual(asked, [undefined, tag]);
  assert.equal((await get("/", { headers: { "if-none-match": tag } })).status, 304);
});

test("stands before other middleware, and behind it", async () => {
  const { app, middleware, get, settle } = open();
  app.use(compress({ threshold: 1 }), middleware);
  let count = 0;
  app.get("/", (c) => c.text(`page ${++count}`.repeat(100), 200, { "cache-control": "max-age=60" }));
  for (const _ of [1, 2]) {
    const response = await get("/", { headers: { "accept-encoding": "gzip" } });
    assert.equal(response.headers.get("content-encoding"), "gzip");
    const body = response.body!.pipeThrough(new DecompressionStream("gzip"));
    assert.equal(await new Response(body).text(), "page 1".repeat(100));
    await settle();
  }
});

test("serves stale when a route throws, where that is allowed", async () => {
  const { app, middleware, get, text, clock } = open();
  let isDown = false;
  app.onError((_, c) => c.text("down", 500));
  app.use(middleware);
  app.get("/", (c) => {
    if (isDown) throw new Error("down");
    return c.text("up", 200, { "cache-control": "max-age=10, stale-if-error=60" });
  });
  await text("/");
  isDown = true;
  await clock.advance("20s");
  assert.equal(await text("/"), "up");
  await clock.advance("60s");
  assert.equal((await get("/")).status, 500);
});

test("leaves cookies and other methods to the routes, and forgets what they change", async () => {
  const { app, middleware, text, get } = open();
  let count = 0;
  app.use(middleware);
  app.get("/", (c) => c.text(`${++count}`, 200, { "cache-control": "max-age=60" }));
  app.get("/own", (c) => c.text(`${++count}`, 200, { "cache-control": "max-age=60", "set-cookie": "a=b" }));
  app.post("/", (c) => c.text("done"));
  assert.deepEqual([await text("/own"), await text("/own")], ["1", "2"]);
  assert.equal(await text("/"), "3");
  assert.equal(await text("/", { method: "POST" }), "done");
  assert.equal(await text("/"), "4");
  assert.equal((await get("/none")).status, 404);
});

test("purges a URL", async () => {
  const { app, middleware, text } = open();
  let count = 0;
  app.use(middleware);
  app.get("/", (c) => c.text(`${++count}`, 200, { "cache-control": "max-age=60" }));
  await text("/");
  await middleware.purge("http://localhost/");
  assert.equal(await text("/"), "2");
});

test("what middleware does to the fields of a hit is of that one alone, whatever the server's responses are", async () => {
  const { app, middleware, text, get } = open();
  app.use(async (c, next) => {
    await next();
    c.res.headers.append("x-seen", "once");
  });
  app.use(middleware);
  app.get("/", (c) => c.text("page", 200, { "cache-control": "max-age=60" }));
  const { Response: Own } = globalThis;
  /** As that of @hono/node-server, which keeps the object that it is given. */
  class Keeping extends Own {
    readonly #given: HeadersInit | undefined;
    constructor(body?: BodyInit | null, init?: ResponseInit) {
      super(body, init);
      this.#given = init?.headers;
    }
    override get headers(): Headers {
      return this.#given instanceof Headers ? this.#given : super.headers;
    }
  }
  for (const kind of [Own, Keeping]) {
    globalThis.Response = kind;
    try {
      await text("/");
      for (const _ of [1, 2, 3]) assert.equal((await get("/")).headers.get("x-seen"), "once");
    } finally {
      globalThis.Response = Own;
    }
    await middleware.purge("http://localhost/");
  }
});

test("what middleware before it sets for one request is stored for nobody, and each answer has its own", async () => {
  const { app, middleware, get, settle, clock } = open();
  let count = 0;
  app.use(async (c, next) => {
    c.header("x-request-id", `request ${++count}`);
    c.header("set-cookie", `seen=${count}`, { append: true });
    await next();
  });
  app.get("/public/:name", async (c, next) => {
    c.header("set-cookie", undefined);
    c.header("cache-control", "max-age=10, stale-while-revalidate=60");
    await next();
  });
  app.use(middleware);
  app.get("/public/text", (c) => c.text("text"));
  app.get("/public/own", (c) => {
    c.header("x-request-id", "of the route");
    return c.text("own");
  });
  app.get("/raw", () => new Response("raw", { headers: { "cache-control": "max-age=60" } }));
  app.get("/cookie", (c) => c.text("cookie", 200, { "cache-control": "max-age=60" }));
  const told = async (path: string) => {
    const response = await get(path);
    const body = await response.text();
    await settle();
    const [status = ""] = /hit|stored|detail=[\w-]+/.exec(response.headers.get("cache-status") ?? "") ?? [];
    return [body, response.headers.get("x-request-id"), status, ...response.headers.getSetCookie()];
  };
  assert.deepEqual(await told("/public/text"), ["text", "request 1", "stored"]);
  assert.deepEqual(await told("/public/text"), ["text", "request 2", "hit"]);
  await clock.advance("20s");
  // The refresh in the background is a request too.
  assert.deepEqual(await told("/public/text"), ["text", "request 3", "hit"]);
  assert.deepEqual(await told("/public/text"), ["text", "request 5", "hit"]);
  assert.deepEqual(await told("/public/own"), ["own", "of the route", "stored"]);
  assert.deepEqual(await told("/public/own"), ["own", "of the route", "hit"]);
  // As without a cache: Hono gives a Response of the route's own nothing of what was set before.
  assert.deepEqual(await told("/raw"), ["raw", null, "stored"]);
  assert.deepEqual(await told("/raw"), ["raw", null, "hit"]);
  // The route may have answered by that cookie.
  assert.deepEqual(await told("/cookie"), ["cookie", "request 10", "detail=set-cookie", "seen=10"]);
});

test("a field of middleware before it that the route takes away is taken away from all answers, and nobody is told", async () => {
  const { app, middleware, get, settle, clock } = open();
  app.use(async (c, next) => {
    c.header("x-frame-options", "DENY");
    c.header("access-control-allow-origin", "*");
    await next();
  });
  app.use(middleware);
  app.get("/embedded", (c) => {
    c.header("x-frame-options", undefined);
    return c.text("page", 200, { "cache-control": "max-age=10, stale-while-revalidate=60" });
  });
  app.get("/proxied", () => new Response("raw", { headers: { "tiercel-absent": "x-frame-options" } }));
  const told = async (path: string) => {
    const { headers } = await get(path);
    await settle();
    return ["x-frame-options", "access-control-allow-origin", "tiercel-absent"].map((name) => headers.get(name));
  };
  assert.deepEqual(await told("/embedded"), [null, "*", null]);
  assert.deepEqual(await told("/embedded"), [null, "*", null]);
  await clock.advance("20s");
  assert.deepEqual(await told("/embedded"), [null, "*", null]);
  assert.deepEqual(await told("/embedded"), [null, "*", null]);
  assert.deepEqual(await told("/proxied"), [null, null, null]);
});

test("those who wait for one request have each their own fields of middleware before it", async () => {
  const { app, middleware, get } = open();
  let count = 0;
  app.use(async (c, next) => {
    c.header("x-request-id", `request ${++count}`);
    await next();
  });
  app.use(middleware);
  app.get("/", (c) => c.text("page", 200, { "cache-control": "max-age=60" }));
  const answers = await Promise.all([get("/"), get("/"), get("/")]);
  assert.deepEqual(
    answers.map(({ headers }) => headers.get("x-request-id")),
    ["request 1", "request 2", "request 3"],
  );
});

test("asks a route once where there is no app, though what is stored turns out to be of no use", async () => {
  const { app, cache, middleware, text } = open({}, false);
  app.use(middleware);
  app.get("/long", (c) => {
    const headers = { etag: '"a"', "cache-control": "max-age=0" };
    return c.req.header("if-none-match") ? c.body(null, 304, headers) : c.body("x".repeat(200_000), 200, headers);
  });
  let tag = "a";
  app.get("/part", (c) => {
    const [, first, last = "9"] = /=(\d)-(\d?)/.exec(c.req.header("range") ?? "") ?? [];
    const headers = { etag: `"${tag}"`, "cache-control": "max-age=60" };
    if (first === undefined) return c.body(tag.repeat(10), 200, headers);
    const range = { "content-range": `bytes ${first}-${last || 9}/10` };
    return c.body(tag.repeat(Number(last || 9) - Number(first) + 1), 206, { ...headers, ...range });
  });
  assert.equal((await text("/long")).length, 200_000);
  for (const key of await cache.keys()) if (String(key).startsWith("BODY")) await cache.delete(key);
  assert.equal((await text("/long")).length, 200_000);

  assert.equal(await text("/part", { headers: { range: "bytes=0-1" } }), "aa");
  tag = "b";
  assert.equal(await text("/part"), "bbbbbbbbbb");
});

test("refuses options that are none", () => {
  for (const options of [null, 5])
    assert.throws(() => responseCache(createCache(), options as never), { code: "CONFIG", option: "options" });
});
