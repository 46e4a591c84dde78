import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { chromium, type Page } from "playwright-core";
import { adminRouter } from "../../adapters/hono/mod.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { chromium as findChromium, inside } from "../../scripts/project.mjs";
import { accessLog, evictionLog, hotKeys } from "../../src/observe/mod.ts";
import { profiles } from "../../src/profiles/mod.ts";

/** What is used of the page. */
declare const document: {
  readonly activeElement: { matches(selector: string): boolean; readonly textContent: string } | null;
  querySelector(
    selector: string,
  ): { readonly textContent: string; readonly scrollWidth: number; getAttribute(name: string): string | null } | null;
  readonly documentElement: { readonly scrollWidth: number };
  readonly body: object;
};
declare function getComputedStyle(node: object): { readonly backgroundColor: string };

// SCREENSHOTS=1 writes those of docs/ anew.
const folder = mkdtempSync(join(tmpdir(), "tiercel-admin-page-"));
const pictures = process.env.SCREENSHOTS ? inside("docs") : folder;
after(() => rmSync(folder, { recursive: true, force: true }));

const TOKEN = "the-token-of-the-page-test";
const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"];
if (process.getuid?.() === 0) args.push("--no-sandbox");
/** Milliseconds that anything on a page may take, where the machine is busy. */
const PATIENCE = 120_000;
const executablePath = findChromium();
const axe = readFileSync(inside("node_modules/axe-core/axe.min.js"), "utf8");

const cache = createCache({
  name: "shop",
  tiers: [memory({ maxEntries: 400 }), sqlite(join(folder, "cache.db"))],
  ttl: "1h",
});
const app = new Hono();
app.route(
  "/admin",
  adminRouter({
    cache,
    auth: { token: TOKEN },
    hotKeys: hotKeys(cache),
    accessLog: accessLog(cache),
    evictionLog: evictionLog(cache),
    profiles: profiles(cache),
  }),
);

/** Asks for products, a few of them most of the time, until it is stopped. */
function traffic(): () => void {
  let turn = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 25; i++) {
      // The golden ratio spreads as chance does, and the same way each time.
      const id = Math.floor(900 * ((turn++ * 0.618_034) % 1) ** 4);
      void cache.getOrSet(`product:${id}`, () => ({ id, name: `Product ${id}`, price: id * 1.25 }), {
        tags: ["products"],
      });
    }
  }, 20);
  return () => clearInterval(timer);
}

/** Presses Tab until what has the focus fits a selector. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`No Tab leads to ${selector}`);
}

async function follow(page: Page, selector: string): Promise<void> {
  await tabTo(page, selector);
  await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press("Enter")]);
  await page.waitForLoadState();
}

async function picture(page: Page, name: string, height = 860): Promise<void> {
  const path = join(pictures, `admin-${name}.png`);
  const { width = 0 } = page.viewportSize() ?? {};
  await page.screenshot({ path, clip: { x: 0, y: 0, width, height } });
  assert.ok(statSync(path).size > 5_000);
}

/** What axe finds that is serious or worse. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"], preload: false })',
  )) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

const skip = executablePath === undefined && "there is no Chromium";

test("the admin page, by keyboard alone", { skip }, async (t) => {
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = traffic();
  const browser = await chromium.launch({ executablePath: executablePath ?? "", args, timeout: PATIENCE });
  const complaints: string[] = [];
  try {
    await cache.set(
      "user:1",
      {
        name: "Ada Lovelace",
        roles: ["admin", "author"],
        since: new Date("2026-11-01"),
        avatar: new TextEncoder().encode("Analytical Engine, note G"),
      },
      { tags: ["users", "org:acme"] },
    );
    await cache.set(["user", 2], "Grace", { tags: ["users"] });
    const context = await browser.newContext({ viewport: { width: 1200, height: 860 }, colorScheme: "light" });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) complaints.push(request.url());
    });

    await t.test("lets in who types the token", async () => {
      await page.goto(`${origin}/admin`);
      assert.equal(page.url(), `${origin}/admin/login`);
      assert.deepEqual(await findings(page), []);
      await tabTo(page, "input[name=token]");
      await page.keyboard.type(TOKEN);
      await Promise.all([page.waitForURL(`${origin}/admin`), page.keyboard.press("Enter")]);
    });

    await t.test("shows numbers that move while there is load", async () => {
      const reads = () => page.locator(".tiles dd small").first().textContent();
      const before = await reads();
      await page.waitForFunction((text) => document.querySelector(".tiles dd small")?.textContent !== text, before);
      await page.waitForFunction(
        (points) => (document.querySelector(".plot .line")?.getAttribute("d")?.split("L").length ?? 0) >= points,
        process.env.SCREENSHOTS ? 5 : 3,
      );
      await picture(page, "overview");
      assert.deepEqual(await findings(page), []);
    });

    await t.test("leaves alone what has the focus", async () => {
      await tabTo(page, "[data-live=hot] a");
      const key = await page.evaluate(() => document.activeElement?.textContent);
      const before = await page.locator(".tiles dd small").first().textContent();
      await page.waitForFunction((text) => document.querySelector(".tiles dd small")?.textContent !== text, before);
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), key);
    });

    await t.test("finds a key and opens its value", async () => {
      await page.keyboard.press("Home");
      await follow(page, 'nav a[href$="/keys"]');
      await tabTo(page, "input[name=tag]");
      await page.keyboard.type("users");
      await Promise.all([page.waitForURL(/tag=users/), page.keyboard.press("Enter")]);
      assert.equal(await page.locator("tbody tr").count(), 2);
      await picture(page, "keys");
      assert.deepEqual(await findings(page), []);
      await follow(page, 'a.key[href*="user%3A1"]');
      assert.match(
        (await page.textContent(".value")) ?? "",
        /"Ada Lovelace".*"author".*2026-11-01T00:00:00.000Z.*41 6e 61 6c.*Analytical Engin/s,
      );
      await tabTo(page, ".value details details summary");
      await page.keyboard.press("Enter");
      assert.equal(await page.locator(".value details details").getAttribute("open"), null);
      await page.keyboard.press("Enter");
      await picture(page, "entry");
      assert.deepEqual(await findings(page), []);
    });

    await t.test("invalidates a tag, after it has said how many entries that hits", async () => {
      await follow(page, 'nav a[href$="/invalidate"]');
      assert.deepEqual(await findings(page), []);
      await tabTo(page, "input[name=tags]");
      await page.keyboard.type("users");
      await Promise.all([page.waitForURL(/confirm/), page.keyboard.press("Enter")]);
      assert.match((await page.textContent(".confirm p")) ?? "", /tag users deletes 2 entries/);
      await picture(page, "invalidate", 360);
      assert.deepEqual(await findings(page), []);
      await follow(page, ".confirm button");
      assert.match((await page.textContent("[role=status]")) ?? "", /Done: tag users is invalidated in every tier/);
      assert.equal(await cache.has("user:1"), false);
      await page.goto(`${origin}/admin/keys?tag=users`);
      assert.match((await page.textContent("main")) ?? "", /No key fits/);
    });

    await t.test("lists events while somebody listens", async () => {
      await follow(page, 'nav a[href$="/logs"]');
      await tabTo(page, "[data-events]");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".events li strong");
      assert.deepEqual(await findings(page), []);
      await picture(page, "logs");
      await page.keyboard.press("Enter");
      assert.equal(await page.textContent("[data-events]"), "Start");
    });

    await t.test("switches the theme, and remembers it", async () => {
      await follow(page, 'nav a[href$="/profiles"]');
      assert.deepEqual(await findings(page), []);
      await tabTo(page, "[data-theme-switch]");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Enter");
      const theme = () => page.getAttribute("html", "data-theme");
      assert.equal(await theme(), "dark");
      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(await background(), "rgb(16, 19, 20)");
      for (const path of ["", "/keys", "/invalidate", "/logs", "/profiles", "/entry?key=product:0"]) {
        await page.goto(`${origin}/admin${path}`);
        assert.equal(await theme(), "dark");
        assert.deepEqual(await findings(page), [], path);
      }
    });

    await t.test("fits a phone", async () => {
      const long = "k".repeat(400);
      await cache.set(long, long);
      for (const path of [
        "",
        "/keys",
        "/invalidate",
        "/logs",
        "/profiles",
        "/entry?key=product:0",
        `/entry?key=${long}`,
      ]) {
        await page.goto(`${origin}/admin${path}`);
        for (const width of [375, 390]) {
          await page.setViewportSize({ width, height: 844 });
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, path);
          assert.equal(await page.evaluate(() => document.querySelector("nav")?.scrollWidth), width, path);
        }
        assert.deepEqual(await findings(page), [], path);
      }
      await cache.delete(long);
      await page.goto(`${origin}/admin`);
      await page.waitForSelector(".plot .line");
      await picture(page, "phone", 844);
    });

    await t.test("works without scripts", async () => {
      const plain = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1200, height: 860 } });
      plain.setDefaultTimeout(PATIENCE);
      const quiet = await plain.newPage();
      await quiet.goto(`${origin}/admin/login`);
      await quiet.fill("input[name=token]", TOKEN);
      await quiet.click("button.main");
      assert.match((await quiet.textContent(".tiles")) ?? "", /Hit rate/);
      await plain.close();
    });

    await t.test("complains of nothing and asks nobody else", () => assert.deepEqual(complaints, []));
  } finally {
    stop();
    await browser.close();
    server.close();
    await cache.close();
  }
});
