/**
 * Starting other programs: output gathered or shown, a time limit, and nothing left behind.
 */

import { spawn } from "node:child_process";
import { whenAbandoned } from "./parent.mjs";
import { root } from "./project.mjs";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
/** @type {(() => void) | undefined} */
let unguard;

/**
 * @typedef {object} Outcome
 * @property {number} code exit code; 1 when a signal or the time limit ended it
 * @property {string} output standard output and error, as they came
 * @property {boolean} late whether the time limit ended it
 */

/**
 * Runs a program to its end. Its whole process group ends with it, and with this process.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, limit?: number, show?: boolean }} [options]
 *   `limit` in milliseconds, 600,000 by default; `show` passes the output on while it comes
 * @returns {Promise<Outcome>}
 */
export function run(program, args, { cwd = root, env = {}, limit = 600_000, show = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    unguard ??= guard();
    running.add(child);
    let output = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      output += `\nended after ${limit / 1000} s, its time limit\n`;
      // First asked, so that a browser's driver can end the browser.
      child.kill("SIGTERM");
      setTimeout(() => end(child), 3000).unref();
    }, limit);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        output += text;
        if (show) process.stdout.write(text);
      });
    }
    const done = (/** @type {number} */ code) => {
      clearTimeout(timer);
      end(child);
      running.delete(child);
      if (running.size === 0) {
        unguard?.();
        unguard = undefined;
      }
      resolve({ code, output, late });
    };
    child.on("error", (error) => {
      output += `${error.message}\n`;
      done(1);
    });
    // What it left behind would keep its output open.
    child.on("exit", () => end(child));
    child.on("close", (code) => done(late ? 1 : (code ?? 1)));
  });
}

/** Ends a child and what it started: it leads a process group of its own. */
function end(/** @type {import("node:child_process").ChildProcess} */ child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}

/** Ends everything when this process is told to end, or is abandoned, as long as something runs. */
function guard() {
  const leave = () => process.exit(143);
  const interrupt = () => process.exit(130);
  const endAll = () => running.forEach(end);
  process.once("SIGINT", interrupt).once("SIGTERM", leave).once("SIGHUP", leave);
  // Before whoever removes the folders in which the children write.
  process.prependOnceListener("exit", endAll);
  const stopWatching = whenAbandoned(leave);
  return () => {
    process.off("SIGINT", interrupt).off("SIGTERM", leave).off("SIGHUP", leave).off("exit", endAll);
    stopWatching();
  };
}
