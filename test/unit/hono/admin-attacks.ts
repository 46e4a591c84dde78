import { createCache, memory } from "../../../mod.ts";
import { equal, faultyTier, mapTier, ok, same, type TestCase } from "../../contract/mod.ts";
import { site, siteSuite, TOKEN } from "./site.ts";

const bearer = { authorization: `Bearer ${TOKEN}` };
const SCRIPT = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`;

export const tests: TestCase[] = siteSuite("admin under attack", {
  "markup in keys, tags, values and names is text": async () => {
    const { browser, cache } = site();
    await cache.set(SCRIPT, { [SCRIPT]: [SCRIPT] }, { tags: [SCRIPT] });
    await cache.namespace(SCRIPT).set("k", 1);
    const one = browser();
    await one.login();
    const text = encodeURIComponent(SCRIPT);
    const paths = [
      "/keys",
      `/keys?tag=${text}&pattern=*`,
      `/keys?pattern=${text}&namespace=${text}`,
      `/keys?tier=${text}`,
      `/keys?scope=${text}&ids=${text}`,
      `/entry?key=${text}`,
      `/entry?key=${text}&all=1`,
      `/invalidate/confirm?by=tags&tags=${text}`,
      `/invalidate/confirm?by=${text}`,
      `/invalidate/confirm?by=scope&scope=${text}&ids={}`,
      `/${text}`,
    ];
    for (const path of paths) {
      const { text: page } = await one.get(path);
      ok(!/<script>|<img/.test(page), path);
      same([...page.matchAll(/<script/g)].length, 1, path);
    }
    await one.post("/entry/delete", { key: SCRIPT });
    ok(!/<script>|<img/.test((await one.get("/keys")).text));
  },
  "no path and no header comes out of a request": async () => {
    const { ask, browser, cache } = site();
    const one = browser();
    await one.login();
    await cache.set("k", 1);
    await one.get("/entry?key=k");
    const evil = "x\r\nset-cookie: a=b";
    const { location } = await one.post("/entry/expire", { key: evil, ttl: "1m", namespace: "//evil.test" });
    ok(location?.startsWith("/admin/entry?") && !/[\r\n]/.test(location));
    ok(!one.cookies.has("a"));
    for (const path of [
      "/../api/stats",
      "/%2e%2e/admin/api/stats",
      "//evil.test",
      "/assets/../api/stats",
      "/assets/%2e%2e%2fapi%2fstats",
      "/login/../api/stats",
    ]) {
      const response = await ask(path);
      ok([302, 401, 404].includes(response.status), `${path} ${response.status}`);
      ok(!(response.headers.get("location") ?? "").includes("evil"), path);
    }
  },
  "what is no request of the API is refused with a reason, and without what was sent": async () => {
    const { api } = site();
    const wrong: [path: string, sent: object][] = [
      ["/keys?cursor=-1", {}],
      ["/keys?limit=1e9", {}],
      ["/keys?pattern=%5B", {}],
      ["/entry", {}],
      ["/entry?key=%5B1", {}],
      [`/entry?key=${"x".repeat(5_000)}`, {}],
      ["/entry?key=k&bytes=99999999999", {}],
      ["/entry", { method: "PUT", json: { key: "k" } }],
      ["/entry", { method: "PUT", json: { key: 1, value: 1 } }],
      ["/entry", { method: "PUT", json: { key: "k", value: 1, ttl: "soon" } }],
      ["/entry", { method: "PUT", json: { key: "k", value: 1, secret: 1 } }],
      ["/entry", { method: "PUT", headers: { "content-type": "text/plain" }, json: { key: "k", value: 1 } }],
      ["/invalidate", { json: {} }],
      ["/invalidate", { json: { by: "tags", tags: [] } }],
      ["/invalidate", { json: { by: "tags", tags: new Array(101).fill("t") } }],
      ["/invalidate", { json: { by: "everything" } }],
      ["/invalidate", { json: [] }],
    ];
    for (const [path, sent] of wrong) {
      const { status, json } = await api(path, sent);
      const { code, message } = json.error as { code: string; message: string };
      equal([path.slice(0, 60), status], [path.slice(0, 60), 400]);
      ok(code !== "" && message.length < 300, message);
    }
  },
  "a form that cannot be read is a wrong request": async () => {
    const { ask } = site();
    for (const type of ["multipart/form-data", "multipart/form-data; boundary=x"]) {
      const headers = { "content-type": type, origin: "https://example.test" };
      const response = await ask("/login", { method: "POST", json: "no form", headers });
      same(response.status, 400, type);
    }
  },
  "a value of 100 MB is shown in part, and one above the bound is not taken": async () => {
    const { ask, cache, browser } = site();
    await cache.set("bytes", new Uint8Array(100_000_000));
    await cache.set("list", new Array(10_000_000).fill(0));
    await cache.set("deep", JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`));
    const one = browser();
    await one.login();
    for (const key of ["bytes", "list", "deep"]) {
      ok((await (await ask(`/api/entry?key=${key}`, { headers: bearer })).text()).length < 200_000, key);
      const { text, status } = await one.get(`/entry?key=${key}`);
      equal([status, text.length < 300_000], [200, true], key);
      ok(text.includes("Show all"), key);
    }
    ok((await one.get("/entry?key=bytes&all=1")).text.length < 6_000_000);
    const headers = { ...bearer, "content-type": "application/json" };
    const said = await ask("/api/entry", {
      method: "PUT",
      headers: { ...headers, "content-length": "104857600" },
      json: { key: "k", value: 1 },
    });
    same(said.status, 413);
    const large = await ask("/api/entry", { method: "PUT", headers, json: { key: "k", value: "x".repeat(2 << 20) } });
    same(large.status, 413);
    same(await cache.has("k"), false);
  },
  "values that run code or have no end are shown without running it": async () => {
    const { api, cache } = site();
    const circular: { self?: unknown; readonly trap: string } = {
      get trap(): string {
        throw new Error("run");
      },
    };
    circular.self = circular;
    await cache.set("k", circular);
    const { status, json } = await api("/entry?key=k");
    same(status, 200);
    const { items } = json.value as { items: { name: string; value: { type: string; text: string } }[] };
    equal(
      items.map(({ name, value }) => [name, value.type, value.text]),
      [
        ["trap", "string", "(computed)"],
        ["self", "circular", "the same object as above"],
      ],
    );
    const map = new Map<unknown, unknown>();
    map.set(map, 1).set({ map }, 2);
    await cache.set("map", map);
    same((await api("/entry?key=map")).status, 200);
  },
  "redact decides what is seen of a value, and nothing is seen where it fails": async () => {
    const redact = (key: unknown, value: unknown): unknown => {
      if (key === "bad") throw new Error(`cannot redact ${JSON.stringify(value)}`);
      return { ...(value as object), password: "***" };
    };
    const { api, cache, browser } = site({ redact });
    await cache.set("good", { name: "ada", password: "hunter2" });
    await cache.set("bad", { name: "ada", password: "hunter2" });
    const one = browser();
    await one.login();
    for (const key of ["good", "bad"]) {
      const { json } = await api(`/entry?key=${key}`);
      const { text } = await one.get(`/entry?key=${key}`);
      for (const seen of [JSON.stringify(json), text]) {
        ok(!seen.includes("hunter2"));
        same(seen.includes("***"), key === "good");
      }
    }
  },
  "a client that takes no events keeps only so many waiting, and so many clients": async () => {
    const { ask, cache } = site({ maxStreams: 2 });
    const open = (): Promise<Response> => ask("/api/events", { headers: bearer });
    const [first, second, third] = [await open(), await open(), await open()];
    equal([first.status, second.status, third.status], [200, 200, 503]);
    await second.body!.cancel();
    const fourth = await open();
    same(fourth.status, 200);
    await fourth.body!.cancel();
    // Who asks for the fields alone has no stream.
    for (let i = 0; i < 3; i++) {
      const head = await ask("/api/events", { method: "HEAD", headers: bearer });
      equal([head.status, head.headers.get("content-type")], [200, "text/event-stream"]);
    }

    const reader = first.body!.getReader();
    const decoder = new TextDecoder();
    await reader.read();
    const begun = reader.read();
    await Promise.resolve();
    for (let i = 0; i < 5_000; i++) await cache.set(`k${i}`, i);
    await begun;
    let events = 0;
    let last: { key?: string; lost?: number } = {};
    while (last.key !== "k4999") {
      last = JSON.parse(decoder.decode((await reader.read()).value).split("data: ")[1] ?? "{}");
      events++;
    }
    ok(events <= 257, `${events}`);
    ok((last.lost ?? 0) >= 4_700, `${last.lost}`);
    await reader.cancel();
  },
  "a tier that is down leaves the page up, which says so": async () => {
    const lower = faultyTier(mapTier({ name: "lower", breaker: { failures: 2 } }));
    const cache = createCache({ name: "app", tiers: [memory(), lower], sweepInterval: 0 });
    const { api, browser } = site({}, cache);
    await cache.set("k", 1, { tags: ["t"] });
    const one = browser();
    await one.login();
    lower.faults.fail("reject");
    const { json } = await api("/health");
    same(json.status, "degraded");
    for (const path of [
      "",
      "/live",
      "/keys",
      "/keys?tag=t",
      "/invalidate",
      "/invalidate/confirm?by=tags&tags=t",
      "/logs",
      "/profiles",
    ])
      equal([path, (await one.get(path)).status], [path, 200]);
    const overview = (await one.get("/live")).text;
    ok(overview.includes("Some tiers are not well") && overview.includes("not well"));
    const entry = await one.get("/entry?key=k");
    ok(entry.text.includes("unavailable"));
    ok((await one.get("/keys?tier=lower")).status < 500);
    lower.faults.heal();
  },
  "a cache that is closed leaves a page that says so": async () => {
    const { api, browser, cache } = site();
    const one = browser();
    await one.login();
    await cache.close();
    same((await one.get("")).status, 200);
    ok((await one.get("/live")).text.includes("No tier is well"));
    same((await api("/entry?key=k")).status, 503);
    same((await one.get("/keys")).status, 400);
  },
});
