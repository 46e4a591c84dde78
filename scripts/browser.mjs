/** The browser for the portable suites: Debian's Chromium, installed here when this may be done. */

import { canInstall, installPackages } from "./debian.mjs";
import { chromium } from "./project.mjs";

/** @returns {Promise<{ path?: string | undefined, reason: string }>} its path, or why there is none */
export async function browser() {
  const path = chromium();
  if (path !== undefined) return { path, reason: "" };
  const hint = "no Chromium: install Debian's package chromium, or name an executable in CHROMIUM";
  if (!canInstall) return { reason: hint };
  console.log("tiercel: installing Debian's package chromium for the browser tests");
  const { output } = await installPackages(["chromium"]);
  const installed = chromium();
  return { path: installed, reason: installed ? "" : `${hint}; apt-get said: ${output.trim().split("\n").at(-1)}` };
}
