/** Installing Debian's packages, where this may be done. */

import { existsSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./run.mjs";

/** Whether packages can be installed here. */
export const canInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");

/** What Debian's scripts ask before they start a service; exit code 101 forbids it. */
const policy = "/usr/sbin/policy-rc.d";

/** Others may be installing too, and mirrors fail now and then. */
const patient = ["-q", "-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=5"];
/** Half an hour. */
const limit = 1_800_000;

/** @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * Installs packages without starting their services. Those that ask at the same time take turns, as apt-get allows one.
 *
 * @param {string[]} packages
 * @returns {Promise<import("./run.mjs").Outcome>} of apt-get
 */
export function installPackages(packages) {
  const turn = last.then(() => install(packages));
  last = turn.catch(() => {});
  return turn;
}

/** @returns {Promise<import("./run.mjs").Outcome>} */
async function install(/** @type {string[]} */ packages) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const hasPolicy = existsSync(policy);
  const removePolicy = () => rmSync(policy, { force: true });
  if (!hasPolicy) {
    process.once("exit", removePolicy);
    writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  }
  try {
    for (let attempt = 1; ; attempt++) {
      await run("apt-get", ["update", ...patient], { env, limit });
      const options = ["-y", "--no-install-recommends", ...patient];
      const outcome = await run("apt-get", ["install", ...options, ...packages], { env, limit });
      // The lists have a lock of their own, for which `update` does not wait.
      if (outcome.code === 0 || attempt === 3) return outcome;
      await sleep(attempt * 10_000);
    }
  } finally {
    if (!hasPolicy) removePolicy();
    process.off("exit", removePolicy);
  }
}
