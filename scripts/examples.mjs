/**
 * `npm run examples`: runs every example, as CI does.
 *
 * - examples/NAME.ts, examples/NAME/main.ts and examples/coming-from/NAME.ts run to their end. A line
 *   `// Runs on: node22, bun, deno` says where; without it, on Node 24.
 * - examples/NAME/server.ts listens on the port in PORT, answers `GET /`, and ends on SIGTERM. It runs compiled, under
 *   the machine's own Node, as `npm start` runs it.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { walk } from "./compile.mjs";
import { inside, machineNode, programs } from "./project.mjs";
import { run } from "./run.mjs";
import { setUp } from "./setup.mjs";

/** @type {Record<string, string[]>} */
const runtimes = {
  node20: [machineNode],
  node22: [programs.node22],
  node24: [programs.node24],
  node26: [programs.node26],
  bun: [programs.bun, "run"],
  deno: [programs.deno, "run", "-A"],
};

/** Milliseconds that an example, the start of a server or its end may take, on a machine that is busy. */
const LIMIT = 300_000;

await setUp();
let failed = 0;
let passed = 0;
for (const file of walk("examples")) {
  if (/^examples\/([^/]+|[^/]+\/main|coming-from\/[^/]+)\.ts$/.test(file)) {
    const wanted = /^\/\/ Runs on: (.+)$/m.exec(readFileSync(inside(file), "utf8"))?.[1] ?? "node24";
    for (const runtime of wanted.split(/,\s*/)) await check(`${file} on ${runtime}`, () => runToEnd(file, runtime));
  } else if (/^examples\/[^/]+\/server\.ts$/.test(file)) {
    await check(`${file} on the machine's Node`, () => serve(file));
  }
}
console.log(`examples: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function check(/** @type {string} */ name, /** @type {() => Promise<string | undefined>} */ example) {
  const problem = await example();
  if (problem === undefined) passed++;
  else failed++;
  console.log(problem === undefined ? `✓ ${name}` : `✗ ${name}\n${problem.replace(/^/gm, "    ")}`);
}

async function runToEnd(/** @type {string} */ file, /** @type {string} */ runtime) {
  const [program, ...args] = runtimes[runtime] ?? [];
  if (program === undefined) return `there is no runtime called ${runtime}`;
  const path = runtime === "node20" ? inside("dist", file.replace(/\.ts$/, ".js")) : inside(file);
  // A folder of its own, so that an example may write a file beside itself.
  const cwd = mkdtempSync(join(tmpdir(), "tiercel-example-"));
  const { code, output } = await run(program, [...args, path], { cwd, limit: LIMIT });
  rmSync(cwd, { recursive: true, force: true, maxRetries: 10 });
  return code === 0 ? undefined : `exit code ${code}\n${output}`;
}

async function serve(/** @type {string} */ file) {
  const port = await freePort();
  const cwd = mkdtempSync(join(tmpdir(), "tiercel-example-"));
  const server = spawn(machineNode, [inside("dist", file.replace(/\.ts$/, ".js"))], {
    cwd,
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (output += text));
  /** @type {Promise<number | string | null>} */
  const ended = new Promise((resolve) => server.once("exit", (code, signal) => resolve(code ?? signal)));
  try {
    const status = await firstAnswer(port, () => server.exitCode !== null);
    if (status !== 200) return `GET / must answer 200: ${status}\n${output}`;
    server.kill("SIGTERM");
    const end = await Promise.race([ended, sleep(LIMIT, `later than ${LIMIT / 1000} s`, { ref: false })]);
    return end === 0 || end === "SIGTERM" || end === 143 ? undefined : `the end after SIGTERM was ${end}\n${output}`;
  } finally {
    server.kill("SIGKILL");
    await ended;
    rmSync(cwd, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function firstAnswer(/** @type {number} */ port, /** @type {() => boolean} */ hasEnded) {
  const signal = AbortSignal.timeout(LIMIT);
  while (!signal.aborted && !hasEnded()) {
    try {
      return (await fetch(`http://127.0.0.1:${port}/`, { signal })).status;
    } catch {
      await sleep(100);
    }
  }
  return "no answer";
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}
