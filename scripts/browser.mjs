/** The browser for the portable suites: Debian's Chromium, installed here when this may be done. */

import { existsSync } from "node:fs";
import { chromium } from "./project.mjs";
import { run } from "./run.mjs";

/** @returns {Promise<{ path?: string | undefined, reason: string }>} its path, or why there is none */
export async function browser() {
  const path = chromium();
  if (path !== undefined) return { path, reason: "" };
  const hint = "no Chromium: install Debian's package chromium, or name an executable in CHROMIUM";
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return { reason: hint };
  console.log("tiercel: installing Debian's package chromium for the browser tests");
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-q"], { env });
  const { output } = await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", "chromium"], { env });
  const installed = chromium();
  return { path: installed, reason: installed ? "" : `${hint}; apt-get said: ${output.trim().split("\n").at(-1)}` };
}
