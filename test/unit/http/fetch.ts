import { createCache } from "../../../mod.ts";
import { type CachedFetchOptions, cachedFetch } from "../../../src/http/mod.ts";
import { equal, fakeClock, rejects, same, suite, type TestCase, throws } from "../../contract/mod.ts";

const URL_OF = "https://origin.example/";

function open(
  answer: (request: Request, count: number) => Response | Promise<Response>,
  options: CachedFetchOptions = {},
) {
  const clock = fakeClock();
  const asked: Request[] = [];
  const works: Promise<unknown>[] = [];
  const own = async (request: Request): Promise<Response> => {
    asked.push(request);
    return answer(request, asked.length);
  };
  const waitUntil = (work: Promise<unknown>) => works.push(work);
  const fetch = cachedFetch(createCache({ clock, sweepInterval: 0 }), { fetch: own, clock, waitUntil, ...options });
  const text = async (init?: RequestInit, url = URL_OF): Promise<string> => {
    const body = await (await fetch(url, init)).text();
    while (works.length > 0) await works.pop();
    return body;
  };
  return { clock, asked, fetch, text };
}

/** Fields that nobody can set, as those of what `fetch` gives. */
function frozen(fields: Record<string, string>): Headers {
  const headers = new Headers(fields);
  headers.set = () => {
    throw new TypeError("immutable");
  };
  return headers;
}

function page(control: string) {
  return (_: Request, count: number): Response =>
    new Response(`page ${count}`, { headers: { "cache-control": control } });
}

export const tests: TestCase[] = suite("http cached fetch", {
  "keeps what responses allow, under the URL without its fragment": async () => {
    const { text, fetch } = open(page("max-age=60"));
    equal([await text(), await text(undefined, `${URL_OF}#x`)], ["page 1", "page 1"]);
    same((await fetch(`${URL_OF}#x`)).url, URL_OF);
  },
  "counts what a request asks of caches": async () => {
    const { text, fetch } = open(page("max-age=60"));
    const asking = (value: string): RequestInit => ({ headers: { "cache-control": value } });
    same((await fetch(URL_OF, asking("only-if-cached"))).status, 504);
    same(await text(), "page 1");
    same(await text(asking("no-store")), "page 2");
    same(await text(), "page 1");
    same(await text(asking("no-cache")), "page 3");
    same(await text(), "page 3");
  },
  "is shared unless told not to be": async () => {
    const shared = open(page("private, max-age=60"));
    equal([await shared.text(), await shared.text()], ["page 1", "page 2"]);
    const own = open(page("private, max-age=60"), { shared: false });
    const secret = { headers: { authorization: "Basic x" } };
    equal([await own.text(secret), await own.text(secret)], ["page 1", "page 1"]);
  },
  "forgets a URL that it has written to": async () => {
    const { text } = open(page("max-age=60"));
    await text();
    await text({ method: "POST", body: "x" });
    same(await text(), "page 3");
  },
  "stores nothing that came by a redirect": async () => {
    const { text } = open((_, count) =>
      Object.defineProperty(page("max-age=60")(_, count), "redirected", { value: true }),
    );
    equal([await text(), await text()], ["page 1", "page 2"]);
  },
  "ends the waiting of one who aborts, and of no other": async () => {
    let answer!: (response: Response) => void;
    const { fetch, text, asked } = open(
      () =>
        new Promise<Response>((resolve) => {
          answer = resolve;
        }),
    );
    const controller = new AbortController();
    const one = fetch(URL_OF, { signal: controller.signal });
    const other = fetch(URL_OF);
    for (let i = 0; i < 50; i++) await undefined;
    controller.abort(new RangeError("enough"));
    await rejects(one, Error);
    same(asked[0]!.signal?.aborted ?? false, false);
    answer(page("max-age=60")(asked[0]!, 1));
    same(await (await other).text(), "page 1");
    same(await text(), "page 1");
    same(asked.length, 1);
    await rejects(fetch(URL_OF, { signal: controller.signal }), Error);
  },
  "fails as the origin fails": async () => {
    const { fetch } = open(() => Promise.reject(new TypeError("down")));
    await rejects(fetch(URL_OF), TypeError);
    throws(() => cachedFetch(createCache(), { fetch: 1 as never }), "CONFIG");
    for (const options of [null, 5]) throws(() => cachedFetch(createCache(), options as never), "CONFIG");
  },
  "says where an answer comes from that was redirected": async () => {
    const redirected = (control: string) => (): Response =>
      Object.defineProperties(new Response("x", { headers: { "cache-control": control } }), {
        url: { value: `${URL_OF}target` },
        redirected: { value: true },
        // As what the platform's own gives.
        headers: { value: frozen({ "cache-control": control }) },
      });
    for (const control of ["max-age=60", "no-store"]) {
      const { fetch } = open(redirected(control));
      const { url, redirected: isRedirected } = await fetch(URL_OF);
      equal([url, isRedirected], [`${URL_OF}target`, true]);
    }
  },
  "ends a body whose reader aborts, and stores it all the same": async () => {
    for (const hasOwn of [true, false]) {
      let end!: () => void;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new Uint8Array([120]));
          end = () => controller.close();
        },
      });
      const { fetch, text, asked } = open(
        () => new Response(body as BodyInit, { headers: { "cache-control": "max-age=60" } }),
      );
      const controller = new AbortController();
      const { signal } = controller;
      const one = await (hasOwn ? fetch(new Request(URL_OF, { signal })) : fetch(URL_OF, { signal }));
      const reading = one.text();
      controller.abort(new RangeError("enough"));
      await rejects(reading, Error);
      end();
      for (let i = 0; i < 50; i++) await undefined;
      same(await text(), "x");
      same(asked.length, 1);
    }
  },
  "gives nobody a redirect who has them followed": async () => {
    const { text, fetch, asked } = open((request) =>
      request.redirect === "manual"
        ? new Response(null, { status: 301, headers: { location: "/x", "cache-control": "max-age=60" } })
        : page("max-age=60")(request, 1),
    );
    same(await text({ redirect: "manual" }), "");
    equal([await text(), await text()], ["page 1", "page 1"]);
    same((await fetch(URL_OF, { redirect: "manual" })).status, 200);
    same(asked.length, 2);
  },
  "ends an answer that comes for nobody after an abort, and holds up nobody else": async () => {
    let answer!: (response: Response) => void;
    let isCancelled = false;
    const { fetch, asked } = open(
      (_, count) =>
        count === 1
          ? new Promise<Response>((resolve) => {
              answer = resolve;
            })
          : new Response("page", { headers: { "cache-control": "max-age=60" } }),
      { maxBytes: 1_000 },
    );
    const controller = new AbortController();
    const one = fetch(URL_OF, { signal: controller.signal });
    for (let i = 0; i < 50; i++) await undefined;
    controller.abort(new RangeError("enough"));
    await rejects(one, Error);
    const chunk = new Uint8Array(1_048_576);
    const body = new ReadableStream({
      pull: (own) => own.enqueue(chunk),
      cancel: () => void (isCancelled = true),
    });
    answer(new Response(body, { headers: { "cache-control": "max-age=60" } }));
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 0));
    same(isCancelled, true);
    same(await (await fetch(URL_OF)).text(), "page");
    same(asked.length, 2);
  },
  "says where an answer comes from in its clones too": async () => {
    const { fetch, text } = open(page("max-age=60"));
    await text();
    const hit = await fetch(URL_OF);
    equal([hit.url, hit.clone().url, hit.clone().clone().url], [URL_OF, URL_OF, URL_OF]);
    same(await hit.clone().text(), "page 1");
    const own = await fetch(new Request(URL_OF, { signal: new AbortController().signal }));
    same(own.clone().url, URL_OF);
  },
  "does not have those fail who have redirects followed, for one who has not": async () => {
    let go!: () => void;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { fetch } = open(async (request, count) => {
      await gate;
      if (request.redirect === "manual") throw new TypeError("redirected");
      return page("max-age=60")(request, count);
    });
    const one = fetch(URL_OF, { redirect: "manual" });
    const other = fetch(URL_OF);
    for (let i = 0; i < 50; i++) await undefined;
    go();
    await rejects(one, TypeError);
    same((await other).status, 200);
  },
});
