/** What `npm test` runs: one row for each group of tests and runtime. */

import { join } from "node:path";
import { browser } from "./browser.mjs";
import { bundle } from "./bundle.mjs";
import { walk } from "./compile.mjs";
import { compileTests } from "./compile-tests.mjs";
import { runTests } from "./goes.mjs";
import { prepareWorkerd } from "./hosts/workerd.mjs";
import { isCI, machineNode, programs } from "./project.mjs";
import { run } from "./run.mjs";
import { prepareServers } from "./servers.mjs";
import { writeSuites } from "./suites.mjs";

/**
 * @typedef {{ passed: number, failed: number, skipped: number, flaky?: number, output: string, note?: string }} Result
 * @typedef {{ name: string, run: (folder: string) => Promise<Result> }} Row
 *   `folder` is an empty one that is removed in the end, also the place for temporary files
 * @typedef {import("./goes.mjs").Command | { skip: string }} Command
 * @typedef {(folder: string, grep: string) => Command | Promise<Command>} Prepare
 */

/**
 * @param {{ grep: string, scratch: string, all: boolean }} options part of the tests' names, a folder for temporary
 *   files, and whether every runtime gets all tests of the stores
 * @returns {Promise<Row[]>}
 */
export async function rowsOf({ grep, scratch, all }) {
  const wasListed = writeSuites();
  // A machine with one of these by itself lacks the lowest version, which no dev dependency brings.
  const nodes = { node22: programs.node22, node24: programs.node24, node26: programs.node26 };
  // Beside the machine's own, Node 24 has all tests; the others have theirs in the long suite.
  const some = all ? nodes : { node24: nodes.node24 };
  const version = (await run(machineNode, ["-p", "process.versions.node.split('.')[0]"])).output.trim();
  const own = `node${version}` in nodes ? "node20" : `node${version}`;
  // Nodes that don't read TypeScript get the tests as JavaScript, made once, when first asked for.
  /** @type {Promise<string> | undefined} */
  let compiled;
  const compiledCommand = async (/** @type {string[]} */ args, /** @type {string[]} */ files) => {
    if (own !== `node${version}`)
      return { skip: `the machine's own Node is ${version}, and there is no other Node 20` };
    compiled ??= compileTests(join(scratch, "compiled"));
    const cwd = await compiled;
    return { program: machineNode, args, files: files.map((file) => file.replace(/\.ts$/, ".js")), cwd };
  };

  const unit = (/** @type {string} */ runtime, /** @type {Prepare} */ command) =>
    row(`unit/${runtime}`, "portable", command, { grep });
  const direct = (/** @type {string} */ program, /** @type {string[]} */ ...args) => {
    return (/** @type {string} */ _, /** @type {string} */ grep) => ({ program, args: [...args, grep] });
  };
  const rows = [
    unit(own, async (_, grep) => {
      const command = await compiledCommand([], ["test/runtimes/node.ts"]);
      return "skip" in command ? command : { ...command, args: [...command.files, grep], files: [] };
    }),
    ...Object.entries(some).map(([name, program]) => unit(name, direct(program, "test/runtimes/node.ts"))),
    unit("bun", direct(programs.bun, "run", "test/runtimes/bun.ts")),
    // Without any permission: the portable suites need none.
    unit("deno", direct(programs.deno, "run", "--no-prompt", "--no-check", "test/runtimes/deno.ts")),
    unit("workerd", (folder, grep) => prepareWorkerd({ runtime: "workerd", compat: true, grep, folder })),
    ...(all
      ? [
          unit("workerd-bare", (folder, grep) =>
            prepareWorkerd({ runtime: "workerd-bare", compat: false, grep, folder }),
          ),
          unit("edge", async (folder, grep) => {
            const file = join(folder, "suites.js");
            await bundle("test/runtimes/edge.ts", file, { format: "iife", conditions: ["edge-light", "browser"] });
            return { program: programs.node24, args: ["scripts/hosts/edge.mjs", file, grep] };
          }),
        ]
      : []),
    unit("chromium", async (folder, grep) => {
      const { path, reason } = await browser();
      if (path === undefined) return { skip: reason };
      const file = join(folder, "suites.js");
      await bundle("test/runtimes/chromium.ts", file, { conditions: ["browser"] });
      return { program: programs.node24, args: ["scripts/hosts/chromium.mjs", path, file, grep] };
    }),
  ];
  if (!wasListed) rows.push({ name: "unit/list", run: async () => staleList });

  const typeTests = filesOf("test/types", ".ts");
  if (typeTests.length > 0 && grep === "") rows.push({ name: "types/tsc", run: () => checkTypes(typeTests) });

  // Where no test of a file is meant, its root hooks would leave open what they opened.
  const pattern =
    grep === "" ? [] : [`--test-name-pattern=${grep.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}`, "--test-force-exit"];
  // Ten minutes, as it is for a whole file too.
  const nodeTest = ["--test", "--test-reporter=spec", "--test-timeout=600000", ...pattern];
  const adapters = filesOf("test/adapters", ".test.ts");
  // Each store on Node 24, Bun and Deno by the contract, its behaviour in a cache and its faults on Node 24.
  const contracts = all ? adapters : adapters.filter((file) => /-(contract|process|open)\.test\.ts$/.test(file));
  if (adapters.length > 0) {
    const stores = (
      /** @type {string} */ runtime,
      /** @type {string} */ runner,
      /** @type {() => Command | Promise<Command>} */ command,
    ) => row(`adapters/${runtime}`, runner, () => prepareServers().then(command), { isLong: all });
    // On Node 20 SQLite is another package.
    const owns = contracts.filter((file) => all || file.includes("/sql-"));
    rows.push(
      stores(own, "node", () => compiledCommand(nodeTest, owns)),
      ...Object.entries(some).map(([name, program]) =>
        stores(name, "node", () => ({
          program,
          args: nodeTest,
          files: name === "node24" ? adapters : contracts,
        })),
      ),
      stores("bun", "bun", () => ({
        program: programs.bun,
        args: ["test", "--timeout=120000", ...option("-t", grep)],
        files: contracts.map((file) => `./${file}`),
      })),
      stores("deno", "deno", () => ({
        program: programs.deno,
        args: ["test", "-A", "--no-check", "--unstable-kv", ...option("--filter", grep)],
        files: contracts,
      })),
    );
  }
  for (const name of ["miniflare", "bare"]) {
    const command = (/** @type {string} */ folder, /** @type {string} */ grep) => ({
      program: programs.node24,
      args: ["scripts/hosts/miniflare.mjs", name, folder, grep],
    });
    rows.push(row(`workers/${name}`, "portable", command, { grep }));
  }
  for (const group of ["workers", "process", "packaging"]) {
    const files = filesOf(`test/${group}`, ".test.ts");
    if (files.length === 0) continue;
    const command = { program: programs.node24, args: nodeTest, files };
    rows.push(row(`${group}/node24`, "node", () => prepareServers().then(() => command)));
  }
  return rows;
}

/**
 * @param {string} name
 * @param {string} runner what prints the counts, see counts.mjs
 * @param {Prepare} command
 * @param {{ grep?: string, isLong?: boolean }} [options] part of the names of portable tests, and whether tests may
 *   take their time
 * @returns {Row}
 */
function row(name, runner, command, { grep = "", isLong = false } = {}) {
  return {
    name,
    run: async (folder) => {
      const prepared = await command(folder, grep);
      if ("skip" in prepared) return skipped(prepared.skip);
      // Most processes load what others have: Node keeps what it made of TypeScript.
      const env = {
        TMPDIR: folder,
        NODE_COMPILE_CACHE: join(folder, "compile-cache"),
        ...(isLong && { TIERCEL_LONG: "1" }),
      };
      const alone = async (/** @type {string} */ test) => {
        const one = await command(folder, test);
        if ("skip" in one) throw new Error(one.skip);
        return one;
      };
      // The limit is that of a whole row, which shares the machine; a test has its own.
      return runTests(runner, { ...prepared, limit: 3_600_000, env }, runner === "portable" ? alone : undefined);
    },
  };
}

/** @returns {Result} */
function skipped(/** @type {string} */ reason) {
  const note = isCI ? `cannot run, which is a failure as CI is set: ${reason}` : `skipped: ${reason}`;
  return { passed: 0, failed: isCI ? 1 : 0, skipped: isCI ? 0 : 1, output: reason, note };
}

const staleList = isCI
  ? { passed: 0, failed: 1, skipped: 0, output: "test/runtimes/all.ts was out of date: run npm test and commit it" }
  : { passed: 1, failed: 0, skipped: 0, output: "", note: "test/runtimes/all.ts was written anew" };

/** @returns {Promise<Result>} one test for each file */
async function checkTypes(/** @type {string[]} */ files) {
  const { code, output } = await run(machineNode, [programs.tsc, "-p", "tsconfig.types.json"]);
  const failed = files.filter((file) => output.includes(file)).length || (code === 0 ? 0 : 1);
  return { passed: files.length - failed, failed, skipped: 0, output };
}

function option(/** @type {string} */ name, /** @type {string} */ value) {
  return value === "" ? [] : [`${name}=${value}`];
}

function filesOf(/** @type {string} */ folder, /** @type {string} */ ending) {
  return walk(folder).filter((file) => file.endsWith(ending));
}
