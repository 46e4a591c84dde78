import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chromium } from "playwright-core";
import { chromium as findChromium } from "../../scripts/project.mjs";
import { startServer } from "./web-server.ts";

const executablePath = findChromium();
const folder = mkdtempSync(join(tmpdir(), "tiercel-web-page-"));
after(() => rmSync(folder, { recursive: true, force: true }));
/** Milliseconds that anything on the page may take, where the machine is busy. */
const PATIENCE = 120_000;
const name = "<b>&amp;";
mkdirSync(join(folder, "packages/plain"), { recursive: true });
writeFileSync(join(folder, "packages/plain/package.json"), JSON.stringify({ version: "1.0.0", license: name }));

const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"];
if (process.getuid?.() === 0) args.push("--no-sandbox");

test("the page says where each answer came from, under its own policy and without asking anyone else", {
  skip: executablePath === undefined && "there is no Chromium",
}, async () => {
  const server = await startServer({ PACKAGES: join(folder, "packages"), TIERCEL_URL: join(folder, "cache.db") });
  const browser = await chromium.launch({ executablePath: executablePath ?? "", args, timeout: PATIENCE });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    const origin = `http://127.0.0.1:${server.port}/`;
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) complaints.push(request.url());
    });
    await page.goto(origin);
    await page.waitForSelector("#names option", { state: "attached" });
    await page.fill("#name", "plain");
    const said = async (button: string): Promise<string> => {
      await page.locator("#said").evaluate((node: { replaceChildren(): void }) => node.replaceChildren());
      await page.click(button);
      await page.waitForSelector("#said:not(:empty)");
      await page.waitForSelector("main[aria-busy=false]");
      return (await page.textContent("#said")) ?? "";
    };
    const ask = "#ask [type=submit]";
    assert.match(await said(ask), /^plain: Miss, computed \(/);
    assert.match(await said(ask), /^plain: Hit in memory \(/);
    assert.equal(await page.textContent(".lit strong"), "Memory");
    assert.match(await said("#evict"), /no longer in memory/);
    assert.match(await said(ask), /^plain: Hit in SQLite \(/);
    assert.equal(await page.textContent(".lit strong"), "SQLite");
    assert.match(await said("#delete"), /^plain is in no tier any more/);
    assert.match(await said("#burst"), /^20 requests: .*The work was done once\.$/);
    await page.selectOption("#tag", `licence:${name}`);
    assert.equal(await said("#invalidate"), `Everything with the tag licence:${name} is gone from every tier.`);
    assert.match(await said(ask), /^plain: Miss, computed \(/);
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
    await server.end("SIGKILL");
  }
});
