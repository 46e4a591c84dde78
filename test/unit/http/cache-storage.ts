import { createCache, memory } from "../../../mod.ts";
import { bytes } from "../../../src/bytes/mod.ts";
import { cacheStorage } from "../../../src/http/mod.ts";
import type { Tier } from "../../../src/tier.ts";
import { equal, mapData, mapTier, ok, rejects, same, suite, type TestCase } from "../../contract/mod.ts";

const BASE = "https://site.example";

type Answer = (request: Request) => Response | Promise<Response>;

/** Tests run with memory alone, and over a tier that keeps bytes. */
const STACKS: Record<string, () => Tier[]> = {
  memory: () => [memory()],
  "memory+bytes": () => [memory(), bytes(mapTier() as Tier<Uint8Array>)],
};

function texts(responses: readonly Response[]): Promise<string[]> {
  return Promise.all(responses.map((response) => response.text()));
}

type Test = (storage: CacheStorage, other: () => CacheStorage, answering: (answer: Answer) => void) => Promise<void>;

const TESTS: Record<string, Test> = {
  "puts and matches, each time with a body of its own": async (storage) => {
    const cache = await storage.open("a");
    const response = new Response("body", { status: 201, statusText: "Made", headers: { "x-own": "1" } });
    same(await cache.put(`${BASE}/a`, response), undefined);
    ok(response.bodyUsed);
    for (const _ of [1, 2]) {
      const found = (await cache.match(`${BASE}/a`))!;
      equal(
        [found.status, found.statusText, found.headers.get("x-own"), await found.text()],
        [201, "Made", "1", "body"],
      );
    }
    same(await cache.match(`${BASE}/b`), undefined);
  },
  "replaces what matches, and puts it last": async (storage) => {
    const cache = await storage.open("a");
    for (const [path, body] of [
      ["/1", "a"],
      ["/2", "b"],
      ["/1", "c"],
    ])
      await cache.put(BASE + path, new Response(body));
    equal(
      (await cache.keys()).map(({ url }) => url),
      [`${BASE}/2`, `${BASE}/1`],
    );
    equal(await texts(await cache.matchAll()), ["b", "c"]);
  },
  "keeps fragments in keys, and ignores them in matches": async (storage) => {
    const cache = await storage.open("a");
    await cache.put(`${BASE}/a#one`, new Response("1"));
    equal(
      (await cache.keys()).map(({ url }) => url),
      [`${BASE}/a#one`],
    );
    ok(await cache.match(`${BASE}/a#two`));
    await cache.put(`${BASE}/a#two`, new Response("2"));
    equal(
      (await cache.keys()).map(({ url }) => url),
      [`${BASE}/a#two`],
    );
  },
  "minds the query unless told not to": async (storage) => {
    const cache = await storage.open("a");
    for (const query of ["", "?a", "?b"]) await cache.put(`${BASE}/x${query}`, new Response(query));
    same(await (await cache.match(`${BASE}/x?b`))!.text(), "?b");
    same(await cache.match(`${BASE}/x?c`), undefined);
    equal(await texts(await cache.matchAll(`${BASE}/x?c`, { ignoreSearch: true })), ["", "?a", "?b"]);
    equal(
      [await cache.delete(`${BASE}/x?c`), await cache.delete(`${BASE}/x?c`, { ignoreSearch: true })],
      [false, true],
    );
    equal(await cache.keys(), Object.freeze([]));
  },
  "minds the method unless told not to": async (storage) => {
    const cache = await storage.open("a");
    await cache.put(`${BASE}/x`, new Response("1"));
    const head = new Request(`${BASE}/x`, { method: "HEAD" });
    same(await cache.match(head), undefined);
    ok(await cache.match(head, { ignoreMethod: true }));
    equal((await cache.matchAll(head)).length, 0);
    equal((await cache.keys(head)).length, 0);
    equal([await cache.delete(head), await cache.delete(head, { ignoreMethod: true })], [false, true]);
  },
  "minds Vary unless told not to": async (storage) => {
    const cache = await storage.open("a");
    const request = (value?: string): Request => new Request(`${BASE}/x`, { headers: value ? { "x-a": value } : {} });
    const response = (body: string): Response => new Response(body, { headers: { vary: "X-A" } });
    await cache.put(request("1"), response("1"));
    await cache.put(request("2"), response("2"));
    await cache.put(request(), response("0"));
    same(await (await cache.match(request("2")))!.text(), "2");
    same(await (await cache.match(request()))!.text(), "0");
    same(await cache.match(request("3")), undefined);
    same(await (await cache.match(request("3"), { ignoreVary: true }))!.text(), "1");
    same((await cache.keys())[1]!.headers.get("x-a"), "2");
  },
  "takes a name in Vary that is none for a field that no request has, and null for no options": async (storage) => {
    const cache = await storage.open("a");
    await cache.put(`${BASE}/x`, new Response("x", { headers: { vary: "a b" } }));
    await cache.put(`${BASE}/x`, new Response("y", { headers: { vary: "a b" } }));
    same((await cache.keys()).length, 1);
    for (const one of [cache, storage]) same(await (await one.match(`${BASE}/x`, null as never))!.text(), "y");
    equal(
      [(await cache.keys(`${BASE}/x`, null as never)).length, await cache.delete(`${BASE}/x`, null as never)],
      [1, true],
    );
  },
  "refuses what the specification refuses": async (storage) => {
    const cache = await storage.open("a");
    const post = new Request(`${BASE}/x`, { method: "POST", body: "x" });
    await rejects(cache.put(post, new Response()), TypeError);
    await rejects(cache.put("data:text/plain,x", new Response()), TypeError);
    await rejects(cache.put(`${BASE}/x`, new Response("", { headers: { vary: "a, *" } })), TypeError);
    const used = new Response("x");
    await used.text();
    await rejects(cache.put(`${BASE}/x`, used), TypeError);
    const locked = new Response("x");
    locked.body!.getReader();
    await rejects(cache.put(`${BASE}/x`, locked), TypeError);
    await rejects(cache.put(`${BASE}/x`, undefined as never), TypeError);
    await rejects(cache.match(undefined as never), TypeError);
    const partial = new Response("x", { status: 206 });
    await rejects(cache.put(`${BASE}/x`, partial), TypeError);
    equal((await cache.keys()).length, 0);
  },
  "keeps responses of errors and those without a body": async (storage) => {
    const cache = await storage.open("a");
    await cache.put(`${BASE}/error`, Response.error());
    await cache.put(`${BASE}/none`, new Response(null, { status: 204 }));
    await cache.put(`${BASE}/empty`, new Response(""));
    const error = (await cache.match(`${BASE}/error`))!;
    equal([error.type, error.status], ["error", 0]);
    const none = (await cache.match(`${BASE}/none`))!;
    equal([none.status, none.body], [204, null]);
    same(await (await cache.match(`${BASE}/empty`))!.text(), "");
  },
  "restores where a response came from, for its clones too": async (storage) => {
    const cache = await storage.open("a");
    const response = new Response("x");
    for (const [name, value] of Object.entries({ url: `${BASE}/final`, redirected: true, type: "basic" }))
      Object.defineProperty(response, name, { value });
    await cache.put(`${BASE}/x`, response);
    const found = (await cache.match(`${BASE}/x`))!;
    for (const one of [found, found.clone(), found.clone().clone()]) {
      equal([one.url, one.redirected, one.type], [`${BASE}/final`, true, "basic"]);
      ok(one instanceof Response);
    }
    same(await found.clone().text(), "x");
  },
  "adds what it fetches, all or nothing": async (storage, _, answering) => {
    const cache = await storage.open("a");
    answering((request) => new Response(`at ${new URL(request.url).pathname}`));
    same(await cache.add(`${BASE}/1`), undefined);
    await cache.addAll([`${BASE}/2`, new Request(`${BASE}/3`)]);
    equal(await texts(await cache.matchAll()), ["at /1", "at /2", "at /3"]);
    for (const status of [404, 500, 206]) {
      answering((request) => new Response("x", { status: request.url.endsWith("bad") ? status : 200 }));
      await rejects(cache.addAll([`${BASE}/good`, `${BASE}/bad`]), TypeError);
    }
    answering(() => Promise.reject(new TypeError("down")));
    await rejects(cache.add(`${BASE}/down`), TypeError);
    answering(() => new Response("x", { headers: { vary: "*" } }));
    await rejects(cache.add(`${BASE}/star`), TypeError);
    await rejects(cache.add(new Request(`${BASE}/post`, { method: "POST" })), TypeError);
    equal((await cache.keys()).length, 3);
    await cache.addAll([]);
  },
  "refuses to add what matches each other": async (storage, _, answering) => {
    const cache = await storage.open("a");
    answering((request) => new Response("x", { headers: request.headers.has("x-v") ? { vary: "x-v" } : {} }));
    const error = await rejects(cache.addAll([`${BASE}/1`, `${BASE}/1#x`]), DOMException as never);
    same(error.name, "InvalidStateError");
    const requests = ["1", "2"].map((value) => new Request(`${BASE}/v`, { headers: { "x-v": value } }));
    await cache.addAll(requests);
    same((await cache.keys()).length, 2);
  },
  "has names in the order in which they were opened": async (storage) => {
    for (const name of ["b", "a", "", "b", "\ud800x"]) await storage.open(name);
    equal(await storage.keys(), ["b", "a", "", "\ud800x"]);
    equal([await storage.has("\ud800x"), await storage.has("\ud801x"), await storage.has("c")], [true, false, false]);
    equal([await storage.delete("a"), await storage.delete("a")], [true, false]);
    await storage.open("a");
    equal(await storage.keys(), ["b", "", "\ud800x", "a"]);
  },
  "gives a new object at each opening, with the same in it": async (storage, other) => {
    const [one, two] = [await storage.open("a"), await storage.open("a")];
    ok(one !== two);
    await one.put(`${BASE}/x`, new Response("1"));
    same(await (await two.match(`${BASE}/x`))!.text(), "1");
    same(await (await (await other().open("a")).match(`${BASE}/x`))!.text(), "1");
  },
  "keeps a deleted cache for those who have it open, and begins anew for others": async (storage) => {
    const old = await storage.open("a");
    await old.put(`${BASE}/x`, new Response("1"));
    await storage.delete("a");
    same(await (await old.match(`${BASE}/x`))!.text(), "1");
    same(await storage.match(`${BASE}/x`), undefined);
    same(await (await storage.open("a")).match(`${BASE}/x`), undefined);
  },
  "several storages of one cache lose nothing of what they open and put at once": async (_, other) => {
    const put = async (name: string, path: string): Promise<void> =>
      (await other().open(name)).put(BASE + path, new Response(path));
    await Promise.all(["a", "b", "c", "d"].map((name) => put(name, "/x")));
    equal(await other().keys(), ["a", "b", "c", "d"]);
    await Promise.all(["/x?1", "/x?2", "/x?3", "/x?4"].map((path) => put("a", path)));
    const cache = await other().open("a");
    equal(
      (await cache.keys()).map(({ url }) => url),
      ["/x", "/x?1", "/x?2", "/x?3", "/x?4"].map((path) => BASE + path),
    );
  },
  "what one storage has open another one deletes, and it stays for who has it open": async (storage, other) => {
    const old = await storage.open("a");
    await old.put(`${BASE}/x`, new Response("1"));
    same(await other().delete("a"), true);
    same(await (await old.match(`${BASE}/x`))!.text(), "1");
    const anew = await other().open("a");
    same(await anew.match(`${BASE}/x`), undefined);
    await anew.put(`${BASE}/x`, new Response("2"));
    same(await (await old.match(`${BASE}/x`))!.text(), "1");
    same(await (await storage.match(`${BASE}/x`))!.text(), "2");
  },
  "matches in all caches in their order, or in one": async (storage) => {
    for (const name of ["b", "a"]) await (await storage.open(name)).put(`${BASE}/x`, new Response(name));
    same(await (await storage.match(`${BASE}/x`))!.text(), "b");
    same(await (await storage.match(`${BASE}/x`, { cacheName: "a" }))!.text(), "a");
    same(await storage.match(`${BASE}/x`, { cacheName: "c" }), undefined);
    same(await storage.match(`${BASE}/y`), undefined);
    ok(await storage.match(`${BASE}/x?y`, { ignoreSearch: true }));
  },
  "keeps caches apart": async (storage) => {
    const [a, b] = [await storage.open("a"), await storage.open("b")];
    await a.put(`${BASE}/x`, new Response("a"));
    same(await b.match(`${BASE}/x`), undefined);
    same(await b.delete(`${BASE}/x`), false);
    ok(await a.match(`${BASE}/x`));
  },
  "loses none of many that are put at once": async (storage) => {
    const cache = await storage.open("a");
    await Promise.all(Array.from({ length: 50 }, (_, at) => cache.put(`${BASE}/x?${at % 25}`, new Response(`${at}`))));
    same((await cache.keys()).length, 25);
  },
  "keeps long bodies": async (storage) => {
    const cache = await storage.open("a");
    const body = new Uint8Array(1_000_000).fill(7);
    await cache.put(`${BASE}/x`, new Response(body));
    same((await (await cache.match(`${BASE}/x`))!.arrayBuffer()).byteLength, body.length);
  },
  "says what it is": async (storage) => {
    equal([String(storage), String(await storage.open("a"))], ["[object CacheStorage]", "[object Cache]"]);
  },
};

/** Every test, over tiers that are made anew for each. */
export function cacheStorageTests(stack: string, tiers: () => Tier[]): TestCase[] {
  const cases = Object.entries(TESTS).map(([name, run]): [string, () => Promise<void>] => [
    name,
    async () => {
      const cache = createCache({ tiers: tiers(), ttl: "1s", sweepInterval: 0 });
      let answer: Answer = () => new Response("none");
      const make = (): CacheStorage => cacheStorage(cache, { fetch: async (request) => answer(request) });
      await run(make(), make, (next) => {
        answer = next;
      });
      await cache.close();
    },
  ]);
  return suite(`http cache storage (${stack})`, Object.fromEntries(cases));
}

export const tests: TestCase[] = [
  ...Object.entries(STACKS).flatMap(([stack, tiers]) => cacheStorageTests(stack, tiers)),
  ...suite("http cache storage", {
    "what was deleted while it was open goes when the next process opens a cache": async () => {
      const data = mapData();
      const start = (): ReturnType<typeof createCache> =>
        createCache({ tiers: [memory(), mapTier({ data })], sweepInterval: 0 });
      const first = start();
      const storage = cacheStorage(first);
      const old = await storage.open("a");
      await old.put(`${BASE}/x`, new Response("x".repeat(200_000)));
      const before = data.entries.size;
      await storage.delete("a");
      ok(await old.match(`${BASE}/x`), "who has it open still has it");
      await first.close();
      const second = start();
      const next = await cacheStorage(second).open("a");
      same(await next.match(`${BASE}/x`), undefined);
      await next.put(`${BASE}/y`, new Response("y"));
      equal(await cacheStorage(second).keys(), ["a"]);
      await second.close();
      ok(before > 5);
      equal([...data.entries.keys()].filter((key) => key.includes("URL")).length, 1);
      ok(data.entries.size <= 3);
      const third = start();
      ok(await cacheStorage(third).match(`${BASE}/y`), "what came after it is there");
      await third.close();
    },
    "processes that open a name at the same time have one cache": async () => {
      const data = mapData();
      const processes = [1, 2, 3].map(() => createCache({ tiers: [mapTier({ data })], sweepInterval: 0 }));
      const opened = await Promise.all(processes.map((cache) => cacheStorage(cache).open("a")));
      for (const [i, one] of opened.entries()) await one.put(`${BASE}/${i}`, new Response(`${i}`));
      for (const cache of processes) same((await (await cacheStorage(cache).open("a")).keys()).length, 3);
      for (const cache of processes) await cache.close();
    },
    "leaves nothing of what was added together with a body that breaks off": async () => {
      const cache = createCache({ sweepInterval: 0 });
      let fail!: (error: unknown) => void;
      const broken = new ReadableStream<Uint8Array>({
        start(controller) {
          fail = (error) => controller.error(error);
        },
      });
      const storage = cacheStorage(cache, {
        fetch: async ({ url }) => new Response(url.endsWith("/bad") ? (broken as BodyInit) : "x".repeat(100_000)),
      });
      const one = await storage.open("a");
      const before = cache.stats().tiers[0]!.entries;
      const adding = one.addAll([`${BASE}/good`, `${BASE}/bad`]);
      const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
      while (cache.stats().tiers[0]!.entries === before) await turn();
      fail(new TypeError("broken off"));
      await rejects(adding, TypeError);
      for (let i = 0; i < 1_000 && cache.stats().tiers[0]!.entries !== before; i++) await turn();
      same(cache.stats().tiers[0]!.entries, before);
      same((await one.keys()).length, 0);
      await cache.close();
    },
  }),
];
