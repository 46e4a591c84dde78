import { createCache } from "../../../mod.ts";
import { withHttpCache } from "../../../src/http/mod.ts";
import { equal, ok, rejects, same, suite, type TestCase } from "../../contract/mod.ts";
import { page, site } from "./tools.ts";

function date(ms: number): string {
  return new Date(ms).toUTCString();
}

export const tests: TestCase[] = suite("http engine", {
  "serves what is fresh, with its age, and asks again when it is stale": async () => {
    const { text, get, clock, asked } = site(page({ "cache-control": "max-age=60", "x-own": "kept" }));
    same(await text("/"), "page 1");
    await clock.advance("30s");
    const hit = await get("/");
    equal([hit.headers.get("age"), hit.headers.get("x-own"), await hit.text()], ["30", "kept", "page 1"]);
    same(hit.headers.get("cache-status"), "Tiercel; hit; ttl=30");
    await clock.advance("30s");
    same(await text("/"), "page 2");
    same(asked.length, 2);
  },
  "does not store what says nothing, or forbids it": async () => {
    for (const control of ["", "no-store, max-age=60", "private, max-age=60", "max-age=0"]) {
      const { text } = site(page({ "cache-control": control }));
      equal([await text("/"), await text("/")], ["page 1", "page 2"], control);
    }
  },
  "keeps private responses where it has one user": async () => {
    const { text } = site(page({ "cache-control": "private, max-age=60" }), { shared: false });
    equal([await text("/"), await text("/")], ["page 1", "page 1"]);
  },
  "stores no cookies unless told so, nor answers to credentials unless the response says so": async () => {
    const cookie = { "cache-control": "max-age=60", "set-cookie": "a=b" };
    const plain = site(page(cookie));
    // Pages of browsers do not see cookies of responses.
    const isSeen = new Response(null, { headers: cookie }).headers.has("set-cookie");
    equal([await plain.text("/"), await plain.text("/")], ["page 1", isSeen ? "page 2" : "page 1"]);
    const told = site(page(cookie), { setCookie: true });
    equal([await told.text("/"), await told.text("/")], ["page 1", "page 1"]);
    const stripped = site(page({ "cache-control": 'max-age=60, no-cache="set-cookie"', "set-cookie": "a=b" }));
    await stripped.text("/");
    same((await stripped.get("/")).headers.get("set-cookie"), null);
    const own = { authorization: "Basic x" };
    const secret = site(page({ "cache-control": "max-age=60" }));
    equal([await secret.text("/", own), await secret.text("/")], ["page 1", "page 2"]);
    const shared = site(page({ "cache-control": "s-maxage=60" }));
    equal([await shared.text("/", own), await shared.text("/")], ["page 1", "page 1"]);
  },
  "validates what is stale, and takes over what the 304 says": async () => {
    const { text, get, clock, asked, settle } = site((request, count) =>
      request.headers.get("if-none-match") === '"a"'
        ? new Response(null, {
            status: 304,
            headers: { "cache-control": "max-age=100", "x-n": `${count}`, etag: '"a"' },
          })
        : new Response("body", {
            headers: { "cache-control": "max-age=10", "x-n": `${count}`, etag: '"a"', "x-kept": "1" },
          }),
    );
    await text("/");
    await clock.advance("11s");
    const validated = await get("/");
    equal(
      [validated.status, await validated.text(), validated.headers.get("x-n"), validated.headers.get("x-kept")],
      [200, "body", "2", "1"],
    );
    await settle();
    await clock.advance("90s");
    same(await text("/"), "body");
    same(asked.length, 2);
  },
  "answers the client's own conditions": async () => {
    const modified = date(1_000_000_000_000);
    const { text, get, asked } = site(
      page({ "cache-control": "max-age=60", etag: 'W/"a"', "last-modified": modified, "content-type": "text/x" }),
    );
    await text("/");
    for (const headers of [
      { "if-none-match": '"b", "a"' },
      { "if-none-match": "*" },
      { "if-modified-since": modified },
      { "if-none-match": '"a"', "if-modified-since": date(0) },
    ]) {
      const response = await get("/", headers as Record<string, string>);
      equal(
        [response.status, response.headers.get("etag"), response.headers.get("content-type")],
        [304, 'W/"a"', null],
      );
      same(await response.text(), "");
    }
    same((await get("/", { "if-none-match": '"b"', "if-modified-since": modified })).status, 200);
    same(asked.length, 1);
  },
  "asks for the whole where the client has a condition and nothing is stored": async () => {
    const { get, settle, text, asked } = site(page({ "cache-control": "max-age=60", etag: '"a"' }));
    await (await get("/", { "if-none-match": '"z"' })).text();
    await settle();
    equal([asked[0]!.headers.get("if-none-match"), await text("/"), asked.length], [null, "page 1", 1]);
  },
  "serves HEAD from what GET has stored": async () => {
    const { text, get, asked } = site(page({ "cache-control": "max-age=60" }));
    await text("/");
    const head = await get("/", {}, { method: "HEAD" });
    equal([head.status, await head.text(), head.headers.get("age"), asked.length], [200, "", "0", 1]);
  },
  "serves ranges from the whole": async () => {
    const { text, get, asked } = site(page({ "cache-control": "max-age=60", etag: '"a"' }));
    await text("/");
    const range = async (value: string, own: Record<string, string> = {}) => {
      const response = await get("/", { range: value, ...own });
      return [response.status, await response.text(), response.headers.get("content-range")];
    };
    equal(await range("bytes=1-2"), [206, "ag", "bytes 1-2/6"]);
    equal(await range("bytes=-1"), [206, "1", "bytes 5-5/6"]);
    equal(await range("bytes=9-"), [416, "", "bytes */6"]);
    equal(await range("bytes=0-0,2-2"), [200, "page 1", null]);
    equal(await range("bytes=0-0", { "if-range": '"b"' }), [200, "page 1", null]);
    equal(await range("bytes=0-0", { "if-range": '"a"' }), [206, "p", "bytes 0-0/6"]);
    same(asked.length, 1);
  },
  "keeps parts, puts them together and asks for the rest": async () => {
    const whole = "0123456789";
    const { get, settle, asked } = site((request) => {
      const [, first, last] = /bytes=(\d+)-(\d*)/.exec(request.headers.get("range") ?? "") ?? [];
      const headers = { "cache-control": "max-age=60", etag: '"a"' };
      if (first === undefined) return new Response(whole, { headers });
      const end = last ? Number(last) : whole.length - 1;
      return new Response(whole.slice(Number(first), end + 1), {
        status: 206,
        headers: { ...headers, "content-range": `bytes ${first}-${end}/10` },
      });
    });
    const read = async (range?: string) => {
      const response = await get("/", range ? { range } : {});
      const text = await response.text();
      await settle();
      return [response.status, text];
    };
    equal(await read("bytes=0-3"), [206, "0123"]);
    equal(await read("bytes=1-2"), [206, "12"]);
    same(asked.length, 1);
    equal(await read("bytes=4-6"), [206, "456"]);
    equal(await read("bytes=2-5"), [206, "2345"]);
    same(asked.length, 2);
    equal(await read(), [200, whole]);
    equal([asked.length, asked[2]!.headers.get("range"), asked[2]!.headers.get("if-range")], [3, "bytes=7-", '"a"']);
    equal(await read("bytes=-2"), [206, "89"]);
    same(asked.length, 3);
  },
  "has one variant for each selection, and none for another": async () => {
    const { text, asked } = site((request) => {
      const language = request.headers.get("accept-language");
      return new Response(`in ${language}`, { headers: { "cache-control": "max-age=60", vary: "Accept-Language" } });
    });
    same(await text("/", { "accept-language": "de" }), "in de");
    same(await text("/", { "accept-language": "en" }), "in en");
    same(await text("/", { "accept-language": "DE" }), "in de");
    same(await text("/", { "accept-language": "en" }), "in en");
    same(await text("/"), "in null");
    same(asked.length, 3);
  },
  "finds no variant any more that was stored before more fields counted": async () => {
    let vary = "x-a";
    const { text, asked } = site(
      (_, count) => new Response(`${count}`, { headers: { "cache-control": "max-age=60", vary } }),
    );
    await text("/", { "x-a": "1" });
    vary = "x-a, x-b";
    await text("/", { "x-a": "2", "x-b": "1" });
    await text("/", { "x-a": "2", "x-b": "1" });
    same(await text("/", { "x-a": "2", "x-b": "2" }), "4");
    same(await text("/", { "x-a": "2", "x-b": "1" }), "3");
    same(asked.length, 4);
  },
  "serves stale and revalidates in the background within stale-while-revalidate": async () => {
    const { text, get, clock, settle, asked } = site(
      page({ "cache-control": "max-age=10, stale-while-revalidate=60" }),
    );
    await text("/");
    await clock.advance("30s");
    const stale = await get("/");
    equal([await stale.text(), stale.headers.get("cache-status")], ["page 1", "Tiercel; hit; ttl=-20"]);
    await settle();
    equal([await text("/"), asked.length], ["page 2", 2]);
    await clock.advance("71s");
    same(await text("/"), "page 3");
  },
  "serves stale in the place of an error where that is allowed": async () => {
    let isDown = false;
    const answer = (control: string) => () => {
      if (isDown) throw new TypeError("down");
      return new Response("up", { headers: { "cache-control": control } });
    };
    const allowed = site(answer("max-age=10, stale-if-error=60"));
    const forbidden = site(answer("max-age=10, stale-if-error=60, must-revalidate"));
    const silent = site(answer("max-age=10"));
    const strict = site(answer("max-age=10"), { profile: "strict" });
    const all = [allowed, forbidden, silent, strict];
    for (const one of all) await one.text("/");
    isDown = true;
    for (const one of all) await one.clock.advance("30s");
    same(await allowed.text("/"), "up");
    same(await strict.text("/"), "up");
    await rejects(forbidden.get("/"), TypeError);
    await rejects(silent.get("/"), TypeError);
    await allowed.clock.advance("60s");
    await rejects(allowed.get("/"), TypeError);
  },
  "counts an answer of 503 as an error, and not one of 404": async () => {
    let status = 200;
    const { text, get, clock } = site(
      () => new Response(`${status}`, { status, headers: { "cache-control": "max-age=10, stale-if-error=60" } }),
    );
    await text("/");
    await clock.advance("30s");
    status = 503;
    same(await text("/"), "200");
    status = 404;
    same((await get("/")).status, 404);
  },
  "does what a request asks": async () => {
    const { text, get, clock, asked } = site(page({ "cache-control": "max-age=60", etag: '"a"' }));
    same((await get("/", { "cache-control": "only-if-cached" })).status, 504);
    await text("/");
    await clock.advance("30s");
    same(await text("/", { "cache-control": "max-age=40" }), "page 1");
    same(await text("/", { "cache-control": "min-fresh=20" }), "page 1");
    same(asked.length, 1);
    same(await text("/", { "cache-control": "no-store" }), "page 2");
    same(await text("/"), "page 1");
    same(await text("/", { "cache-control": "min-fresh=40" }), "page 3");
    await clock.advance("10s");
    same(await text("/", { "cache-control": "max-age=5" }), "page 4");
    same(await text("/", { "cache-control": "no-cache" }), "page 5");
    await clock.advance("70s");
    same(await text("/", { "cache-control": "max-stale=20" }), "page 5");
    same(await text("/", { "cache-control": "max-stale=5" }), "page 6");
  },
  "asks nothing of the sort when told not to": async () => {
    const { text } = site(page({ "cache-control": "max-age=60" }), { requestDirectives: false });
    await text("/");
    same(await text("/", { "cache-control": "no-cache" }), "page 1");
  },
  "takes a targeted field for itself": async () => {
    const { text, clock } = site(page({ "cache-control": "no-store", "cdn-cache-control": "max-age=60" }));
    await text("/");
    await clock.advance("30s");
    same(await text("/"), "page 1");
  },
  "forgets a URL after an unsafe request, and others that its response names": async () => {
    const { text, get, asked } = site((request, count) =>
      request.method === "GET"
        ? new Response(`page ${count}`, { headers: { "cache-control": "max-age=60" } })
        : new Response("done", {
            status: request.headers.has("x-fail") ? 400 : 200,
            headers: { location: "/b", "content-location": "https://other.example/c" },
          }),
    );
    for (const path of ["/a", "/b", "/c"]) await text(path);
    await get("/a", { "x-fail": "1" }, { method: "POST" });
    equal([await text("/a"), asked.length], ["page 1", 4]);
    await get("/a", {}, { method: "DELETE" });
    equal([await text("/a"), await text("/b"), await text("/c")], ["page 6", "page 7", "page 3"]);
  },
  "is invalidated by the tags of its responses": async () => {
    const { text, cache } = site(page({ "cache-control": "max-age=60", "cache-tag": "a, b" }), { tags: () => ["own"] });
    await text("/");
    await cache.invalidateTags(["b"]);
    same(await text("/"), "page 2");
    await cache.invalidateTags(["own"]);
    same(await text("/"), "page 3");
  },
  "does not store what was invalidated while it came": async () => {
    for (const vary of [{}, { vary: "x-a" }] as Record<string, string>[]) {
      let answer!: (response: Response) => void;
      let count = 0;
      const { get, text, cache, clock, settle } = site(() => {
        count++;
        return new Promise<Response>((resolve) => {
          answer = resolve;
          if (count > 1) resolve(new Response("new", { headers: { "cache-control": "max-age=60" } }));
        });
      });
      const first = get("/");
      await clock.settle();
      await cache.invalidateTags(["t"]);
      answer(new Response("old", { headers: { "cache-control": "max-age=60", "cache-tag": "t", ...vary } }));
      same(await (await first).text(), "old");
      await settle();
      same(await text("/"), "new", JSON.stringify(vary));
    }
  },
  "purges a URL with all its variants": async () => {
    const { text, purge } = site(page({ "cache-control": "max-age=60", vary: "x-a" }));
    await text("/", { "x-a": "1" });
    await text("/", { "x-a": "2" });
    await purge("https://site.example/");
    equal([await text("/", { "x-a": "1" }), await text("/", { "x-a": "2" })], ["page 3", "page 4"]);
  },
  "purges a URL however it is written, and refuses what is none": async () => {
    for (const [path, url] of [
      ["/", "https://site.example"],
      ["/a", "HTTPS://SITE.example:443/x/../a#b"],
      ["/caf%C3%A9", "https://site.example/café"],
      ["/a%20b", "https://site.example/a b"],
    ] as const) {
      const { text, purge } = site(page({ "cache-control": "max-age=60" }));
      await text(path);
      await purge(url);
      same(await text(path), "page 2", url);
    }
    const { purge } = site(page({}));
    for (const wrong of ["/", "", "site.example/", "ftp://site.example/", "https://u:secret@site.example/"]) {
      const error = await rejects(purge(wrong), "KEY");
      ok(!error.message.includes("secret"));
    }
  },
  "purges what behind a proxy is stored by its fields, for a request that has them": async () => {
    const headers = { "x-forwarded-proto": "https" };
    const { text, purge } = site(page({ "cache-control": "max-age=60" }));
    await text("/", headers);
    await purge("https://site.example", new Request("https://site.example/", { headers }));
    same(await text("/", headers), "page 2");
  },
  "keeps the variants of a URL when a request for one alone, or one that fails, stores nothing": async () => {
    const headers = { "cache-control": "max-age=60", vary: "x-a" };
    const answers: Record<string, () => Response> = {
      authorization: () => new Response("own", { headers }),
      private: () => new Response("own", { headers: { ...headers, "cache-control": "private, max-age=60" } }),
      failure: () => new Response("down", { status: 500, headers: { etag: '"x"' } }),
      "too many fields": () => new Response("own", { headers: { ...headers, "x-b": "b".repeat(40_000) } }),
    };
    for (const [name, answer] of Object.entries(answers)) {
      const { text, clock } = site((request, count) =>
        request.headers.get("x-a") === "2" ? answer() : new Response(`page ${count}`, { headers }),
      );
      await text("/", { "x-a": "1" });
      await text("/", { "x-a": "2", ...(name === "authorization" && { authorization: "x" }) });
      same(await text("/", { "x-a": "1" }), "page 1", name);
      await clock.advance("61s");
    }
  },
  "keeps what stands in for errors when an answer was for one alone": async () => {
    const { text, get, clock, settle } = site((request, count) =>
      request.headers.has("authorization")
        ? new Response("own", { headers: { "cache-control": "max-age=60" } })
        : count > 1
          ? new Response("down", { status: 503 })
          : new Response("page", { headers: { "cache-control": "max-age=1, stale-if-error=600" } }),
    );
    await text("/");
    await clock.advance("5s");
    same(await text("/", { authorization: "x" }), "own");
    await settle();
    same(await (await get("/")).text(), "page");
  },
  "guesses lifetimes only when told to": async () => {
    const old = { "last-modified": date(2_000_000_000_000 - 1_000_000) };
    const plain = site(page(old));
    await plain.text("/");
    same(await plain.text("/"), "page 2");
    const guessing = site(page(old), { heuristic: 0.1 });
    await guessing.text("/");
    await guessing.clock.advance("99s");
    same(await guessing.text("/"), "page 1");
    await guessing.clock.advance("2s");
    same(await guessing.text("/"), "page 2");
    const given = site(page({}), { ttl: "1m" });
    await given.text("/");
    same(await given.text("/"), "page 1");
  },
  "keeps neither fields of the connection nor those that it names": async () => {
    const { text, get } = site((_) => {
      const headers = {
        "cache-control": "max-age=60",
        connection: "x-gone",
        "x-gone": "1",
        "proxy-authenticate": "x",
        "x-kept": "1",
      };
      return new Response("body", { headers });
    });
    await text("/");
    const { headers } = await get("/");
    equal(
      ["x-gone", "connection", "proxy-authenticate", "x-kept"].map((name) => headers.get(name)),
      [null, null, null, "1"],
    );
  },
  "does not store a body that is shorter than it should be": async () => {
    const { get, text, asked, settle } = site(
      () => new Response("short", { headers: { "cache-control": "max-age=60", "content-length": "9" } }),
    );
    await (await get("/")).text();
    await settle();
    await text("/");
    same(asked.length, 2);
  },
  "answers from the origin when the cache is closed": async () => {
    const { text, cache } = site(page({ "cache-control": "max-age=60" }));
    await cache.close();
    equal([await text("/"), await text("/")], ["page 1", "page 2"]);
  },
  "goes past the cache where it is told to": async () => {
    const { text, get } = site(page({ "cache-control": "max-age=60" }), {
      bypass: (request) => request.url.endsWith("?x"),
    });
    equal([await text("/?x"), await text("/?x")], ["page 1", "page 2"]);
    same((await get("/?x")).headers.get("cache-status"), "Tiercel; fwd=bypass");
  },
  "tells of itself after the caches before it, or not at all": async () => {
    const chained = site(page({ "cache-control": "max-age=60", "cache-status": "Inner; hit" }));
    same((await chained.get("/")).headers.get("cache-status"), "Inner; hit, Tiercel; fwd=uri-miss; ttl=60; stored");
    await chained.settle();
    same((await chained.get("/")).headers.get("cache-status"), "Inner; hit, Tiercel; hit; ttl=60");
    const silent = site(page({ "cache-control": "max-age=60" }), { cacheStatus: false });
    ok(!(await silent.get("/")).headers.has("cache-status"));
  },
  "says no more each time of an answer that is the same object": async () => {
    const { get } = site(
      (
        (answer) => () =>
          answer
      )(new Response(null, { status: 204, headers: { "cache-status": "Inner; hit" } })),
    );
    for (const reason of ["uri-miss; detail=stale", "miss", "uri-miss; detail=stale", "miss"])
      await get("/").then((response) => ok(response.headers.get("cache-status")!.length < 60, reason));
  },
  "gives a request for a WebSocket to the handler as it is, and its answer to the server": async () => {
    let given: Request | undefined;
    const handler = withHttpCache((request: Request) => {
      given = request;
      return undefined as never;
    }, createCache());
    const request = new Request("https://site.example/");
    // Browsers let nobody set it.
    Object.defineProperty(request, "headers", { value: new Map([["upgrade", "WebSocket"]]) });
    same(await handler(request), undefined);
    same(given, request);
  },
  "does not fail for a key of one's own when a response leads to a URL with credentials": async () => {
    const { get } = site(
      () => new Response("x", { status: 201, headers: { location: "https://a:b@site.example/x" } }),
      {
        key: (request) => request.url,
      },
    );
    same((await get("/", {}, { method: "POST" })).status, 201);
  },
  "stores no stream of events, and nothing that could never be used": async () => {
    for (const fields of [
      { "content-type": "text/event-stream" },
      { "content-type": "Text/Event-Stream; charset=utf-8", "cache-control": "max-age=60" },
      { "cache-control": "no-cache" },
    ] as Record<string, string>[]) {
      const { get, text, cache } = site(page(fields), { ttl: "1m", profile: "strict" });
      equal([await text("/"), await text("/")], ["page 1", "page 2"]);
      same((await cache.keys()).length, 0);
      ok(!(await get("/")).headers.get("cache-status")!.includes("stored"));
    }
  },
});
