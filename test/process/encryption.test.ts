/** A database that one runtime has encrypted is read and gone on with by the others, with the same ring. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { root } from "./web-server.ts";

const folder = mkdtempSync(join(tmpdir(), "tiercel-encryption-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const denoRun = ["run", "--no-prompt", "--no-check", "--config", join(root, "deno.json"), "-A"];
const runtimes: Record<string, readonly [program: string, ...args: string[]]> = {
  "Node 24": [process.execPath],
  "Node 22": [join(root, "node_modules/node22/bin/node"), "--no-warnings", "--experimental-strip-types"],
  Bun: [join(root, "node_modules/bun/bin/bun.exe"), "run"],
  Deno: [join(root, "node_modules/deno/deno"), ...denoRun],
};

const PROGRAM = `
import { createCache } from "${root}/mod.ts";
import { sqlite } from "${root}/adapters/sqlite.ts";
import { compression } from "${root}/src/bytes/compression/mod.ts";
import { encryption, keyRing } from "${root}/src/bytes/encryption/mod.ts";

const [file, name, ...before] = process.argv.slice(2);
const ring = keyRing({ current: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" });
const tier = sqlite(file, { encryption: encryption(ring, { hashKeys: true }), compression: compression() });
const cache = createCache({ name: "app", tiers: [tier], ttl: "1h" });
const told = [];
cache.on("corrupt", ({ error }) => told.push(String(error)));
cache.on("error", ({ error }) => told.push(String(error)));
const value = (by) => ({ by, large: "plaintext ".repeat(10_000), when: new Date(5), map: new Map([[1n, new Uint8Array(3)]]) });
const found = await Promise.all(before.map((by) => cache.get(["key", by])));
const same = found.map((one, at) => one !== undefined && one.by === before[at] && one.large === value("").large
  && one.when.getTime() === 5 && one.map.get(1n).length === 3);
await cache.set(["key", name], value(name), { tags: ["all", name] });
const keys = (await cache.keys()).map(([, by]) => by).sort();
await cache.close();
console.log(JSON.stringify({ same, keys, told }));
`;

test("Node, Bun and Deno read what each of them has encrypted, compressed and named", () => {
  const program = join(folder, "main.mjs");
  const file = join(folder, "cache.db");
  writeFileSync(program, PROGRAM);
  const before: string[] = [];
  for (const [name, [command, ...args]] of Object.entries(runtimes)) {
    const output = execFileSync(command, [...args, program, file, name, ...before], { encoding: "utf8" });
    const answer = JSON.parse(output) as { same: boolean[]; keys: string[]; told: string[] };
    deepEqual(answer, { same: before.map(() => true), keys: [...before, name].sort(), told: [] }, name);
    before.push(name);
  }
  equal(before.length, 4);
  const bytes = readFileSync(file, "latin1");
  for (const text of ["plaintext", "large", "Node", "Deno"]) ok(!bytes.includes(text), text);
});
