/**
 * Started under Node: `chromium.mjs <browser> <bundle> <grep>` loads the bundle into a page of headless Chromium,
 * whose policy forbids `eval`, and prints the page's console. The browser's profile is made beside the bundle. The page
 * may start the bundle again as a worker.
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";

/** Milliseconds that the browser and the page may take to begin. */
const LIMIT = 120_000;

const [executablePath = "", file = "", grep = ""] = process.argv.slice(2);
const server = createServer((request, response) => {
  const isScript = request.url?.split("?")[0] === "/suites.js";
  response.setHeader("content-type", isScript ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8");
  response.setHeader("content-security-policy", "default-src 'self'");
  if (request.url === "/favicon.ico") response.writeHead(204).end();
  else response.end(isScript ? readFileSync(file) : '<!doctype html><script type="module" src="/suites.js"></script>');
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

const browser = await chromium.launchPersistentContext(join(dirname(file), "profile"), {
  executablePath,
  headless: true,
  timeout: LIMIT,
  // No look-ups of its own, and no sandbox for root, who cannot have one.
  args: [
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const page = await browser.newPage();
  const failed = new Promise((resolve) => {
    page.on("console", (message) => {
      console.log(message.text());
      const last = /^chromium: \d+ passed, (\d+) failed, \d+ skipped$/.exec(message.text());
      if (last) resolve(Number(last[1]));
    });
    page.on("pageerror", (error) => {
      console.log(error.stack ?? String(error));
      resolve(1);
    });
    page.on("crash", () => {
      console.log("The page crashed");
      resolve(1);
    });
  });
  await page.goto(`http://127.0.0.1:${port}/?${encodeURIComponent(grep)}`, { timeout: LIMIT });
  if ((await failed) > 0) process.exitCode = 1;
} finally {
  await browser.close();
  server.close();
}
