/**
 * Everything that must be there before the project runs, done once and repaired when it was cut short.
 */

import { linkSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { compile } from "./compile.mjs";
import { install } from "./install.mjs";
import { inside } from "./project.mjs";

const lock = inside(".work/setup.lock");

/** Installs packages and builds dist/ where needed, or says why not and ends the process. Two set-ups at once take turns. */
export async function setUp() {
  await acquire();
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  const heartbeat = setInterval(beat, 1000);
  try {
    await install();
    await compile();
  } catch (error) {
    console.error(`tiercel: set-up failed. ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  } finally {
    clearInterval(heartbeat);
    process.off("exit", release);
    release();
  }
  if (process.exitCode) process.exit();
}

function beat() {
  try {
    utimesSync(lock, new Date(), new Date());
  } catch {
    // Somebody took this set-up for dead, as the machine had held it up for so long.
  }
}

async function acquire() {
  mkdirSync(inside(".work"), { recursive: true });
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (let waited = false; ; waited = true) {
      try {
        linkSync(own, lock);
        return;
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
      }
      if (isAbandoned()) rmSync(lock, { force: true });
      else {
        if (!waited) console.log("tiercel: waiting for another set-up to end");
        await sleep(200);
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Whether the set-up that made the lock was killed: its process is gone, or another one has its id and gives no sign. */
function isAbandoned() {
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
    return Date.now() - statSync(lock).mtimeMs > 30_000;
  } catch {
    return true;
  }
}
