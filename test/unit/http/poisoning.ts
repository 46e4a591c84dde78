import { createCache, defineScopes } from "../../../mod.ts";
import { withHttpCache } from "../../../src/http/mod.ts";
import { selectionOf } from "../../../src/http/vary.ts";
import { equal, ok, same, suite, type TestCase, throws } from "../../contract/mod.ts";
import { page, site } from "./tools.ts";

const FRESH = { "cache-control": "max-age=60" };

export const tests: TestCase[] = suite("http poisoning", {
  "gives nobody what was made of another's unkeyed host, scheme or method": async () => {
    for (const name of [
      "x-forwarded-host",
      "x-forwarded-proto",
      "x-forwarded-scheme",
      "x-host",
      "x-original-url",
      "x-rewrite-url",
      "x-http-method-override",
      "forwarded",
    ]) {
      const { text } = site((request) => new Response(`for ${request.headers.get(name)}`, { headers: FRESH }));
      same(await text("/", { [name]: "evil" }), "for evil");
      same(await text("/"), "for null", name);
      same(await text("/", { [name]: "other" }), "for other", name);
    }
  },
  "does not take a field for a part of the URL": async () => {
    const { text, asked } = site(
      (request) => new Response(request.headers.get("x-host") ?? "none", { headers: FRESH }),
    );
    await text("/", { "x-host": "a" });
    same(await text("/%20x-host=%22a%22"), "none");
    same(await text("/?x-host=%22a%22"), "none");
    same(await text("/", { "x-host": 'a" x-forwarded-host="b' }), 'a" x-forwarded-host="b');
    same(await text("/", { "x-host": "a", "x-forwarded-host": "b" }), "a");
    same(asked.length, 5);
  },
  "does not take one selection of Vary for another": async () => {
    const { text, asked } = site(
      (request) =>
        new Response(`${request.headers.get("a")}|${request.headers.get("b")}`, {
          headers: { ...FRESH, vary: "a, b" },
        }),
    );
    same(await text("/", { a: "1", b: "2" }), "1|2");
    same(await text("/", { a: '1","2' }), '1","2|null');
    same(await text("/", { a: "1,2" }), "1,2|null");
    same(await text("/", { b: "1,2" }), "null|1,2");
    same(asked.length, 4);
  },
  "keeps hosts, ports, schemes and queries apart, and their spellings together": async () => {
    const { text, asked } = site((request) => new Response(request.url, { headers: FRESH }));
    const urls = [
      "https://site.example/",
      "http://site.example/",
      "https://site.example:8443/",
      "https://site.example./",
      "https://site.example.evil/",
      "https://site.example/?a=1&b=2",
      "https://site.example/?b=2&a=1",
      "https://site.example/?",
      "https://site.example//",
    ];
    for (const url of urls) same(await text(url), url);
    same(asked.length, urls.length);
    same(await text("https://SITE.example:443/#fragment"), "https://site.example/");
    same(await text("https://site.example/x/../"), "https://site.example/");
    same(asked.length, urls.length);
  },
  "keeps percent-encodings apart that an origin may tell apart": async () => {
    const { asked, text } = site(page(FRESH));
    for (const path of ["/a%2Fb", "/a%2fb", "/a/b", "/%61/b", "/a/b%00", "/A/b"]) await text(path);
    same(asked.length, 6);
  },
  "stores no answer that depends on everything": async () => {
    for (const vary of ["*", "x, *", "*, *"]) {
      const { text } = site(page({ ...FRESH, vary }));
      equal([await text("/"), await text("/")], ["page 1", "page 2"], vary);
    }
  },
  "stores no answer with oversized fields, and asks past the cache with an oversized key": async () => {
    const large = site(page({ ...FRESH, "x-large": "x".repeat(40_000) }));
    equal([await large.text("/"), await large.text("/")], ["page 1", "page 2"]);
    const long = site(page(FRESH));
    const path = `/${"x".repeat(9_000)}`;
    equal([await long.text(path), await long.text(path)], ["page 1", "page 2"]);
    same((await long.cache.keys()).length, 0);
    const own = { "x-forwarded-host": "x".repeat(9_000) };
    equal([await long.text("/", own), await long.text("/", own)], ["page 3", "page 4"]);
    const selecting = site(page({ ...FRESH, vary: "x-a" }));
    const chosen = { "x-a": "x".repeat(40_000) };
    equal([await selecting.text("/", chosen), await selecting.text("/", chosen)], ["page 1", "page 2"]);
  },
  "is not led astray by a field that comes twice": async () => {
    const headers = new Headers([
      ["cache-control", "max-age=60"],
      ["cache-control", "no-store"],
    ]);
    const { text } = site((_, count) => new Response(`page ${count}`, { headers }));
    equal([await text("/"), await text("/")], ["page 1", "page 2"]);
    const lengths = site(
      (_, count) => new Response(`page ${count}`, { headers: { ...FRESH, "content-length": "6, 6" } }),
    );
    equal([await lengths.text("/"), await lengths.text("/")], ["page 1", "page 2"]);
  },
  "takes no condition or range of one for another": async () => {
    const { text, get, settle } = site((request) => {
      const range = request.headers.get("range");
      return new Response(range ? "a" : "all", {
        status: range ? 206 : 200,
        headers: { ...FRESH, ...(range && { "content-range": "bytes 0-0/3" }) },
      });
    });
    same(await text("/", { range: "bytes=0-0" }), "a");
    same(await text("/"), "all");
    await get("/", { "if-none-match": "*" });
    await settle();
    same(await text("/"), "all");
  },
  "does not count a value as a response that somebody else has stored": async () => {
    const { text, cache } = site(page(FRESH));
    for (const value of ["text", { kind: "else" }, [1], 7, null]) {
      await cache.set("GET https://site.example/", value);
      ok((await text("/")).startsWith("page "));
      await cache.clear();
    }
  },
  "keeps tenants apart, also while they ask for the same": async () => {
    const scopes = defineScopes({ org: { param: "orgId" } });
    const cache = createCache({ scopes });
    const handler = withHttpCache(
      async (request: Request) => {
        await undefined;
        return new Response(`for ${request.headers.get("x-org")}`, { headers: FRESH });
      },
      cache,
      { scope: (request) => cache.scope("org", { orgId: request.headers.get("x-org")! }) },
    );
    const ask = async (org: string) =>
      (await handler(new Request("https://site.example/", { headers: { "x-org": org } }))).text();
    for (const _ of [1, 2]) {
      const answers = await Promise.all(["a", "b", "a", "b"].map(ask));
      equal(answers, ["for a", "for b", "for a", "for b"]);
    }
    await cache.close();
  },
  "names the option that is wrong": () => {
    const cache = createCache();
    const handler = (): Response => new Response();
    for (const options of [
      { profile: "loose" },
      { cacheStatus: "two words" },
      { heuristic: 2 },
      { keyedFields: ["a b"] },
      { targets: "x" },
      { ttl: "soon" },
      { key: "x" },
      { inlineBytes: -1 },
      { shared: 1 },
    ])
      throws(() => withHttpCache(handler, cache, options as never), "CONFIG");
    for (const options of [null, 5]) throws(() => withHttpCache(handler, cache, options as never), "CONFIG");
    throws(() => withHttpCache(undefined as never, cache), "CONFIG");
  },
  "tells requests apart by all of a key of one's own": async () => {
    const { text } = site((request) => new Response(`for ${request.headers.get("x-user")}`, { headers: FRESH }), {
      key: (request) => `${request.url}#${request.headers.get("x-user")}`,
    });
    for (const user of ["a", "b", "a"]) same(await text("/", { "x-user": user }), `for ${user}`);
  },
  "asks the origin without the fragment that some servers take from a request": async () => {
    const { text } = site((request) => new Response(request.url, { headers: FRESH }));
    same(await text("/a#?x=evil"), "https://site.example/a");
    same(await text("/a"), "https://site.example/a");
    const { text: all } = site((request) => new Response(request.url));
    same(await all("/a#?x=evil"), "https://site.example/a");
  },
  "stores no answer whose Vary names what is no field, and passes it on": async () => {
    for (const vary of ["Accept Encoding", "a;b", "a, (b)"]) {
      const { text } = site(page({ ...FRESH, vary }));
      equal([await text("/"), await text("/")], ["page 1", "page 2"], vary);
    }
  },
  "keeps no credentials in keys": async () => {
    for (const by of [{ keyedFields: ["Authorization"] }, { vary: "authorization" }]) {
      const { vary = "accept", ...options } = by as { vary?: string; keyedFields?: string[] };
      const { text, cache, asked } = site(
        (request) => new Response(request.headers.get("authorization"), { headers: { ...FRESH, vary } }),
        { ...options, authorization: true },
      );
      for (const user of ["one", "two", "one"])
        same(await text("/", { authorization: `Bearer secret-${user}` }), `Bearer secret-${user}`);
      same(asked.length, 2);
      for (const key of await cache.keys()) ok(!String(key).includes("secret"), String(key));
    }
    for (const name of ["cookie", "proxy-authorization"])
      ok(!selectionOf(new Headers({ [name]: "id=secret" }), [name], false).includes("secret"));
  },
});
