/**
 * For whom an answer is: what one request has begun, changed or asked for decides nothing for others.
 */
import { createCache } from "../../../mod.ts";
import { hasTimers } from "../../../src/clock.ts";
import { cachedFetch, withHttpCache } from "../../../src/http/mod.ts";
import { fakeClock, ok, rejects, same, suite, type TestCase } from "../../contract/mod.ts";
import { deferred } from "../cache/tools.ts";
import { bodyOf, page, site } from "./tools.ts";

const FRESH = { "cache-control": "max-age=60", "cache-tag": "p" };

/** Lets everything run that waits for promises alone, in several turns. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A body whose second part comes when it is told to. */
function slowBody(first: string, rest: Promise<string>): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(utf8.encode(first));
      controller.enqueue(utf8.encode(await rest));
      controller.close();
    },
  });
}

export const tests: TestCase[] = suite("http for whom", {
  "who comes after an invalidation gets nothing that the origin was asked for before it": async () => {
    const invalidations = {
      "by tag": ({ cache }: ReturnType<typeof site>) => cache.invalidateTags(["p"]),
      "of all": ({ cache }: ReturnType<typeof site>) => cache.clear(),
      "by another handler": ({ cache }: ReturnType<typeof site>) =>
        withHttpCache(() => new Response(), cache).purge("https://site.example/s"),
      "by the same handler": ({ purge }: ReturnType<typeof site>) => purge("https://site.example/s"),
    };
    for (const [name, invalidate] of Object.entries(invalidations)) {
      for (const isBegun of [false, true]) {
        for (const tiers of [false, true]) {
          const gate = deferred<string>();
          const own = site(
            async (_, count) => {
              if (count > 1) return new Response(`page ${count}`, { headers: FRESH });
              if (!isBegun) await gate.promise;
              return new Response(slowBody("page ", gate.promise), { headers: FRESH });
            },
            { tiers },
          );
          const before = own.get("/s");
          await turns();
          await invalidate(own);
          const after = own.get("/s");
          // The tags are known when the head has come, on Workers to others when all has: until then it is waited for.
          if (name === "by tag" && !(isBegun && hasTimers())) gate.resolve("1");
          same(await (await after).text(), "page 2", `${name}, ${isBegun}`);
          gate.resolve("1");
          same(await (await before).text(), "page 1");
          await own.settle();
          same(await own.text("/s"), "page 2", name);
          same(own.asked.length, 2);
        }
      }
    }
  },
  "who comes after an invalidation does not wait for a refresh of before it": async () => {
    const gate = deferred();
    const { get, text, clock, cache, settle } = site(async (_, count) => {
      if (count === 2) await gate.promise;
      return new Response(`page ${count}`, {
        headers: { ...FRESH, "cache-control": "max-age=1, stale-while-revalidate=60" },
      });
    });
    await text("/s");
    await clock.advance("2s");
    same(await (await get("/s")).text(), "page 1");
    await turns();
    await cache.invalidateTags(["p"]);
    const after = get("/s");
    await turns();
    gate.resolve();
    same(await (await after).text(), "page 3");
    await settle();
    same(await text("/s"), "page 3");
  },
  "hundreds at once ask the origin once, whatever tiers there are": async () => {
    for (const tiers of [false, true]) {
      const { text, asked } = site(async (_, count) => new Response(`page ${count}`, { headers: FRESH }), { tiers });
      const all: Promise<string>[] = [];
      for (let i = 0; i < 300; i++) {
        all.push(text("/s"));
        if (i % 3 === 0) await null;
      }
      same(new Set(await Promise.all(all)).size, 1);
      same(asked.length, 1);
    }
  },
  "an answer that comes slowly is for those who come later only where they may have what is stored": async () => {
    // On Workers nobody reads what another request reads.
    if (!hasTimers()) return;
    const gate = deferred<string>();
    const { get, clock, settle, asked } = site((_, count) =>
      count > 1
        ? new Response(`page ${count}`, { headers: FRESH })
        : new Response(slowBody("page ", gate.promise), { headers: { "cache-control": "max-age=1, must-revalidate" } }),
    );
    const first = await get("/s");
    await clock.advance("2500ms");
    const later = Array.from({ length: 20 }, (_, i) => get("/s", i === 7 ? { "cache-control": "max-age=0" } : {}));
    await turns();
    same(asked.length, 1);
    gate.resolve("1");
    same(await first.text(), "page 1");
    // All of them together ask once more.
    for (const one of later) same(await (await one).text(), "page 2");
    await settle();
    same(asked.length, 2);
  },
  "a long body that comes slowly is for nobody who may not have it, and keeps none of them waiting": async () => {
    if (!hasTimers()) return;
    const gate = deferred();
    const { get, settle, asked } = site(
      (_, count) => {
        if (count > 1) return new Response(`page ${count}`, { headers: FRESH });
        const chunks = bodyOf(100, 16_384).getReader();
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            const { done, value } = await chunks.read();
            if (!done) return controller.enqueue(value);
            await gate.promise;
            controller.close();
          },
        });
        return new Response(body as BodyInit, { headers: FRESH });
      },
      { inlineBytes: 1_000 },
    );
    const first = (await get("/s")).arrayBuffer();
    await turns();
    same(await (await get("/s", { "cache-control": "no-cache" })).text(), "page 2");
    gate.resolve();
    await first;
    await settle();
    same(asked.length, 2);
  },
  "who waits for a validation has it for himself too, unless each use must be validated": async () => {
    if (!hasTimers()) return;
    for (const [lifetime, expected] of [
      [10, 2],
      [0, 21],
    ]) {
      const gate = deferred();
      const { get, text, asked, clock } = site(async (request) => {
        if (!request.headers.has("if-none-match"))
          return new Response("page", { headers: { "cache-control": "max-age=10", etag: '"1"' } });
        await gate.promise;
        return new Response(null, { status: 304, headers: { "cache-control": `max-age=${lifetime}` } });
      });
      same(await text("/s"), "page");
      await clock.advance("20s");
      const all = Array.from({ length: 20 }, () => get("/s"));
      await turns();
      gate.resolve();
      for (const one of all) same(await (await one).text(), "page");
      same(asked.length, expected, `${lifetime}`);
    }
  },
  "what one client takes in the place of an error, others get only where they may": async () => {
    let gate = deferred();
    let isDown = false;
    const { get, text, clock } = site(async () => {
      if (!isDown) return new Response("page", { headers: { "cache-control": "max-age=1", etag: '"1"' } });
      await gate.promise;
      return new Response("down", { status: 503 });
    });
    await text("/s");
    await clock.advance("5s");
    isDown = true;
    gate = deferred();
    const lenient = get("/s", { "cache-control": "stale-if-error=1000" });
    await turns();
    const strict = get("/s");
    const other = get("/s", { "cache-control": "stale-if-error=1000" });
    await turns();
    gate.resolve();
    same((await lenient).status, 200);
    same((await strict).status, 503);
    same((await other).status, 200);
  },
  "a body that is not kept goes to those who have come by then, and who comes later reads his own": async () => {
    const { get, asked } = site(() => new Response(bodyOf(300, 16_384) as BodyInit, { headers: FRESH }), {
      maxBytes: 100_000,
    });
    const slow = await get("/s");
    await turns();
    const bytes = await (await get("/s")).arrayBuffer();
    same(bytes.byteLength, 300 * 16_384);
    same(asked.length, 2);
    await slow.body!.cancel();
  },
  "an origin that never answers holds up its URL for a minute, and no longer": async () => {
    if (!hasTimers()) return;
    const { get, clock } = site((_, count) =>
      count === 1 ? new Promise<Response>(() => {}) : new Response(`page ${count}`, { headers: FRESH }),
    );
    void get("/s");
    await turns();
    await clock.advance("30s");
    const waiting = [get("/s"), get("/s")];
    await turns();
    await clock.advance("31s");
    await turns();
    const pages = await Promise.all(waiting.map(async (one) => (await one).text()));
    same(pages.sort().join(), "page 2,page 3");
    same(await (await get("/s")).text(), "page 4");
  },
  "one that takes longer is stored when it has answered, and is asked by those alone who wait no more": async () => {
    if (!hasTimers()) return;
    const gate = deferred();
    const { get, clock, asked, settle } = site(async (_, count) => {
      if (count === 1) await gate.promise;
      return new Response(`page ${count}`, { headers: { "cache-control": "max-age=3600" } });
    });
    const first = get("/s");
    await turns();
    const waiting = get("/s");
    await turns();
    await clock.advance("70s");
    await turns();
    same(await (await waiting).text(), "page 2");
    gate.resolve();
    same(await (await first).text(), "page 1");
    await settle();
    same(await (await get("/s")).text(), "page 1");
    same(asked.length, 2);
  },
  "who wants another variant waits no longer than a minute for a body that stands still": async () => {
    if (!hasTimers()) return;
    const { get, clock } = site((request) => {
      const headers = { ...FRESH, vary: "accept-language" };
      if (request.headers.get("accept-language") === "de") return new Response("Seite", { headers });
      return new Response(slowBody("p", new Promise(() => {})), { headers });
    });
    await get("/s", { "accept-language": "en" });
    await turns();
    const german = get("/s", { "accept-language": "de" });
    await turns();
    await clock.advance("61s");
    await turns();
    same(await (await german).text(), "Seite");
  },
  "a validation for one request says nothing of what others are served": async () => {
    const { text, clock, asked } = site((request, count) =>
      request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers: { "cache-control": "max-age=10", etag: '"1"' } })
        : new Response(`page ${count}`, { headers: { "cache-control": "max-age=10", etag: '"1"' } }),
    );
    same(await text("/s"), "page 1");
    await clock.advance("20s");
    same(await text("/s", { authorization: "x" }), "page 1");
    same(await text("/s"), "page 1");
    same(asked.length, 3);
    ok(asked.slice(1).every(({ headers }) => headers.has("if-none-match")));
  },
  "a validation that brings other fields in Vary makes what is stored no answer for others": async () => {
    const { text, clock } = site((request) => {
      const isKnown = request.headers.has("if-none-match");
      const vary = isKnown || request.headers.has("x-late") ? "accept-encoding, x-user" : "accept-encoding";
      const headers = { "cache-control": "max-age=10", etag: '"1"', vary };
      return isKnown
        ? new Response(null, { status: 304, headers })
        : new Response(`page of ${request.headers.get("x-user")}`, { headers });
    });
    same(await text("/s", { "x-user": "alice" }), "page of alice");
    await clock.advance("20s");
    same(await text("/s", { "x-user": "alice" }), "page of alice");
    same(await text("/s", { "x-user": "bob", "x-late": "1" }), "page of bob");
    same(await text("/s", { "x-user": "alice", "x-late": "1" }), "page of alice");
  },
  "a validation that says private or no-store ends what is stored": async () => {
    for (const now of ["private", "no-store", "private, max-age=60"]) {
      const { text, asked } = site((request, count) =>
        request.headers.has("if-none-match")
          ? new Response(null, { status: 304, headers: { "cache-control": now, etag: '"1"' } })
          : new Response(`page ${count}`, { headers: { "cache-control": "max-age=60", etag: '"1"' } }),
      );
      same(await text("/s"), "page 1");
      same(await text("/s", { "cache-control": "no-cache" }), "page 1");
      same(await text("/s"), "page 3", now);
      same(asked.length, 3);
    }
  },
  "an unsafe request forgets the page that others get, also by an override of the method": async () => {
    for (const headers of [
      { "x-http-method-override": "PATCH" },
      { "x-method-override": "PUT" },
      { forwarded: "for=a" },
    ]) {
      const { text, get } = site(page(FRESH));
      same(await text("/s"), "page 1");
      await get("/s", headers as Record<string, string>, { method: "POST" });
      same(await text("/s"), "page 3", JSON.stringify(headers));
    }
  },
  "a fetch with integrity is checked, whatever is stored": async () => {
    let isAsked = "";
    const fetch = cachedFetch(createCache({ clock: fakeClock(), sweepInterval: 0 }), {
      fetch: (async (request: Request) => {
        isAsked = request.integrity;
        if (request.integrity) throw new TypeError("integrity mismatch");
        return new Response("page", { headers: FRESH });
      }) as typeof globalThis.fetch,
    });
    same(await (await fetch("https://site.example/s")).text(), "page");
    const integrity = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    // Some runtimes know no such option, or refuse it: there nothing is checked at all.
    const isKnown = (): boolean => new Request("https://site.example/s", { integrity }).integrity === integrity;
    if (
      !(await Promise.resolve()
        .then(isKnown)
        .catch(() => false))
    )
      return;
    await rejects(() => fetch("https://site.example/s", { integrity }), TypeError);
    ok(isAsked === integrity, isAsked);
  },
});
