/**
 * Several faces over one cache, also one behind the other.
 */
import { Hono } from "hono";
import { responseCache } from "../../../adapters/hono/mod.ts";
import { createCache } from "../../../mod.ts";
import { hasTimers } from "../../../src/clock.ts";
import { cachedFetch, withHttpCache } from "../../../src/http/mod.ts";
import { equal, fakeClock, same, suite, type TestCase } from "../../contract/mod.ts";
import { deferred } from "../cache/tools.ts";

const URL_OF = "https://site.example/s";

/** Lets everything run that waits for promises alone, in several turns. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Two faces over one cache, the first before the second, which is before the origin. */
const NESTED = {
  "two handlers": (cache: ReturnType<typeof createCache>, origin: (request: Request) => Response) => {
    const inner = withHttpCache(origin, cache);
    return withHttpCache((request) => inner(request), cache);
  },
  "a handler that gives on requests of its own": (cache, origin) => {
    const inner = withHttpCache(origin, cache);
    return withHttpCache(({ url, headers }) => inner(new Request(url, { headers })), cache);
  },
  "a proxy": (cache, origin) => {
    const fetch = cachedFetch(cache, { fetch: async (request) => origin(request) });
    return withHttpCache((request) => fetch(request), cache);
  },
  "two middlewares": (cache, origin) => {
    const app = new Hono();
    app.use("*", responseCache(cache, { app }));
    app.use("/s", responseCache(cache, { app }));
    app.get("*", (c) => origin(c.req.raw));
    return (request) => app.fetch(request);
  },
} satisfies Record<
  string,
  (
    cache: ReturnType<typeof createCache>,
    origin: (request: Request) => Response,
  ) => (request: Request) => Response | Promise<Response>
>;

export const tests: TestCase[] = suite("http nested", {
  "faces over one cache, one behind the other, answer and store": async () => {
    for (const [name, open] of Object.entries(NESTED)) {
      for (const [control, vary] of [["max-age=60"], ["max-age=60", "accept"], ["no-store"], ["max-age=0"], [""]]) {
        for (const length of [10, 300_000]) {
          let count = 0;
          const handler = open(createCache(), () => {
            const headers = { "cache-control": control!, etag: '"1"', ...(vary && { vary }) };
            return new Response(`${++count}`.padEnd(length), { headers });
          });
          const text = async (): Promise<string> => (await (await handler(new Request(URL_OF))).text()).trimEnd();
          same(await text(), "1", `${name}, ${control}`);
          await turns();
          same(await text(), control === "max-age=60" ? "1" : "2", `${name}, ${control}`);
          await turns();
        }
      }
    }
  },
  "handlers beside each other over one cache wait for none of the other, and each asks once": async () => {
    const gate = deferred();
    let count = 0;
    const cache = createCache();
    const origin = async (): Promise<Response> => {
      count++;
      await gate.promise;
      return new Response("page", { headers: { "cache-control": "max-age=60" } });
    };
    const handlers = [withHttpCache(origin, cache), withHttpCache(origin, cache)];
    const all: Promise<Response>[] = [];
    for (const handler of handlers) {
      for (let i = 0; i < 10; i++) all.push(handler(new Request(URL_OF)));
      await turns();
    }
    gate.resolve();
    for (const one of all) same(await (await one).text(), "page");
    // On Workers who waits looks for what is stored.
    if (hasTimers()) same(count, 2);
  },
  "what one user has for himself is not served to all over the same cache, and he can forget it": async () => {
    const clock = fakeClock();
    const cache = createCache({ clock, sweepInterval: 0 });
    let count = 0;
    const origin = (): Response =>
      new Response(`page ${++count}`, { headers: { "cache-control": "private, max-age=60" } });
    const own = withHttpCache(origin, cache, { clock, shared: false });
    const all = withHttpCache(origin, cache, { clock });
    const text = async (handler: typeof own, init?: RequestInit): Promise<string> => {
      const body = await (await handler(new Request(URL_OF, init))).text();
      await turns();
      return body;
    };
    equal([await text(own), await text(own)], ["page 1", "page 1"]);
    same(await text(all), "page 2");
    await own.purge(URL_OF);
    equal([await text(own), await text(own)], ["page 3", "page 3"]);
    await text(own, { method: "POST" });
    same(await text(own), "page 5");
  },
});
