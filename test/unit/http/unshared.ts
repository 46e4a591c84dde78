/**
 * Answers of which each use must be validated: nobody has one that was made for another, however he came to wait for it.
 */
import { createCache } from "../../../mod.ts";
import { hasTimers } from "../../../src/clock.ts";
import { withHttpCache } from "../../../src/http/mod.ts";
import {
  equal,
  type FakeClock,
  fakeClock,
  mapData,
  mapTier,
  rejects,
  same,
  suite,
  type TestCase,
} from "../../contract/mod.ts";
import { deferred } from "../cache/tools.ts";
import { site } from "./tools.ts";

/** Each use of them is to be validated. */
const CONTROLS = ["no-cache", "max-age=0", "public, max-age=0, must-revalidate"];

/** Lets everything run that waits for promises alone, in several turns. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Has processes look for what others have stored. */
async function looks(clock: FakeClock): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await turns();
    await clock.advance("100ms");
  }
}

/** An account of whoever asks, by the field that names him, once he may have it. */
function account(control: string, gate: () => Promise<unknown>, status = 200): (request: Request) => Promise<Response> {
  return async (request) => {
    await gate();
    const user = request.headers.get("x-user");
    const headers = { "cache-control": control, etag: `"${user}"`, location: `/of/${user}` };
    if (request.headers.get("if-none-match") === headers.etag) return new Response(null, { status: 304, headers });
    return new Response(status === 200 ? `account of ${user}` : null, { status, headers });
  };
}

export const tests: TestCase[] = suite("http unshared", {
  "who waits while another's page is validated has his own": async () => {
    for (const control of CONTROLS) {
      let gate = Promise.resolve();
      const { get, text, clock } = site(account(control, () => gate));
      same(await text("/s", { "x-user": "alice" }), "account of alice");
      // By then it is forgotten that the last answer was for nobody else.
      await clock.advance("20s");
      const held = deferred();
      gate = held.promise;
      const all = ["alice", "bob", "carol"].map((user) => get("/s", { "x-user": user }));
      await turns();
      held.resolve();
      const texts = await Promise.all(all.map(async (one) => (await one).text()));
      equal(texts, ["account of alice", "account of bob", "account of carol"], control);
    }
  },
  "who waits for another's answer without a body has his own": async () => {
    for (const control of [...CONTROLS, "max-age=0, stale-if-error=60"]) {
      const gate = deferred();
      const { get } = site(account(control, () => gate.promise, 302));
      const all = ["alice", "bob"].map((user) => get("/s", { "x-user": user }));
      await turns();
      gate.resolve();
      const places = await Promise.all(all.map(async (one) => (await one).headers.get("location")));
      equal(places, ["/of/alice", "/of/bob"], control);
    }
  },
  "who waits for the answer of another handler, or of another process, has his own": async () => {
    for (const control of CONTROLS) {
      for (const isOneCache of [true, false]) {
        const gate = deferred();
        const clock = fakeClock();
        const data = mapData();
        const open = () => createCache({ name: "c", clock, sweepInterval: 0, tiers: [mapTier({ data })] });
        const first = open();
        const origin = account(control, () => gate.promise);
        const handlers = [first, isOneCache ? first : open()].map((cache) => withHttpCache(origin, cache, { clock }));
        const all = ["alice", "bob"].map((user, at) =>
          handlers[at]!(new Request("https://site.example/s", { headers: { "x-user": user } })),
        );
        await turns();
        gate.resolve();
        await looks(clock);
        const texts = await Promise.all(all.map(async (one) => (await one).text()));
        equal(texts, ["account of alice", "account of bob"], `${control}, ${isOneCache}`);
      }
    }
  },
  "who asks for a page anew does not get what another process has asked for before": async () => {
    const gate = deferred();
    const clock = fakeClock();
    const data = mapData();
    let count = 0;
    const handlers = [1, 2].map(() =>
      withHttpCache(
        async () => {
          const own = ++count;
          await gate.promise;
          return new Response(`page ${own}`, { headers: { "cache-control": "max-age=60" } });
        },
        createCache({ name: "c", clock, sweepInterval: 0, tiers: [mapTier({ data })] }),
        { clock },
      ),
    );
    const url = "https://site.example/s";
    const before = handlers[0]!(new Request(url));
    await turns();
    const after = handlers[1]!(new Request(url, { headers: { "cache-control": "no-cache" } }));
    await turns();
    gate.resolve();
    same(await (await before).text(), "page 1");
    await looks(clock);
    same(await (await after).text(), "page 2");
  },
  "a refresh whose answer breaks off leaves no rejection that nobody handles": async () => {
    for (const status of [200, 404, 502]) {
      const { text, get, asked, clock, settle } = site((_, count) => {
        if (count === 1)
          return new Response("page", { headers: { "cache-control": "max-age=1, stale-while-revalidate=60" } });
        const body = new ReadableStream({ start: (controller) => controller.error(new TypeError("broken off")) });
        return new Response(body, { status, headers: { "cache-control": "no-store" } });
      });
      await text("/s");
      await clock.advance("2s");
      same(await (await get("/s")).text(), "page");
      await settle();
      // Runtimes tell of such rejections when all promises have run: most of them by ending the process.
      await turns();
      same(asked.length, 2);
    }
  },
  "who waits for a request that fails tries once for himself, unless he asks for the same in all": async () => {
    const gate = deferred();
    const { get, asked, settle } = site(async (request) => {
      await gate.promise;
      if (!request.headers.has("x-user")) throw new TypeError("no session");
      return new Response("page", { headers: { "cache-control": "max-age=60" } });
    });
    const failing = (): Promise<unknown> => rejects(get("/s"), TypeError);
    const first = failing();
    await turns();
    const others = Array.from({ length: 5 }, failing);
    const member = get("/s", { "x-user": "a" });
    await turns();
    gate.resolve();
    same(await (await member).text(), "page");
    await Promise.all([first, ...others]);
    await settle();
    if (hasTimers()) same(asked.length, 2);
  },
  "a waitUntil that throws is told of, and what is asked for is stored": async () => {
    const clock = fakeClock();
    const cache = createCache({ clock, sweepInterval: 0 });
    const told: string[] = [];
    cache.on("error", ({ operation }) => void told.push(operation));
    let count = 0;
    const handler = withHttpCache(
      () => new Response(`page ${++count}`, { headers: { "cache-control": "max-age=1" } }),
      cache,
      {
        clock,
        waitUntil() {
          throw new Error("outside a request");
        },
      },
    );
    const text = async (): Promise<string> => (await handler(new Request("https://site.example/s"))).text();
    for (const expected of ["page 1", "page 2"]) {
      same(await text(), expected);
      await turns();
      same(await text(), expected);
      await clock.advance("2s");
    }
    equal(told, ["waitUntil", "waitUntil"]);
  },
  "who has a page already that is not stored is told so": async () => {
    const own = { "cache-control": "private, no-cache", etag: '"1"', "x-own": "1" };
    const { get, settle } = site((request) =>
      request.headers.get("if-none-match") === own.etag
        ? new Response(null, { status: 304, headers: own })
        : new Response("page", { headers: { ...own, "content-language": "en" } }),
    );
    for (let i = 0; i < 2; i++) {
      const known = await get("/s", { "if-none-match": '"1"' });
      equal([known.status, await known.text()], [304, ""]);
      await settle();
      const { headers } = known;
      equal(
        [headers.get("etag"), headers.get("x-own"), headers.get("content-language"), headers.get("content-type")],
        ['"1"', "1", null, null],
      );
    }
    same((await get("/s", { "if-none-match": '"2"' })).status, 200);
    same((await get("/s")).status, 200);
  },
});
