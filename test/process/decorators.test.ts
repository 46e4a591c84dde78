import { deepEqual, equal } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const SOURCE = `
  import { cached, cachedMember, cachedSync, createCache } from "tiercel";
  const cache = createCache();
  export const runs = [];
  export class Users {
    constructor(table) { this.table = table; }
    @cached(cache, { name: "Users.find" }) async find(id) { runs.push("find"); return this.table + ":" + id; }
    @cached(cache, { name: "Users.first" }) get first() { runs.push("first"); return Promise.resolve(this.table); }
    @cached(cache, { name: "Users.all", instance: "shared" }) static async all() { runs.push("all"); return ["a"]; }
    @cachedSync() path(id) { runs.push("path"); return this.table + "/" + id; }
    @cachedSync() get root() { runs.push("root"); return "/" + this.table; }
    @cached(cache, { name: "Users.#secret" }) async #secret(id) { runs.push("secret"); return id; }
    secret(id) { return this.#secret(id); }
  }
  export { cachedMember };
`;

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

/** What compilers make of decorators, until runtimes read them: the source for esbuild to bundle, which leaves nothing to do for it after tsc. */
const compilers: Record<string, (folder: string, entry: string) => string> = {
  esbuild: (_, entry) => entry,
  tsc: (folder, entry) => {
    const options = ["--ignoreConfig", "--noCheck", "--target", "es2022", "--module", "esnext", "--outDir", folder];
    execFileSync(process.execPath, [TSC, ...options, entry]);
    return entry.replace(/ts$/, "js");
  },
};

for (const [name, compile] of Object.entries(compilers))
  test(`decorated classes, compiled by ${name}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
    try {
      const [entry, outfile] = [join(folder, "users.ts"), join(folder, "users.mjs")];
      writeFileSync(entry, SOURCE);
      const tiercel = fileURLToPath(new URL("../../mod.ts", import.meta.url));
      await build({
        entryPoints: [compile(folder, entry)],
        outfile,
        bundle: true,
        format: "esm",
        target: "es2022",
        alias: { tiercel },
        logLevel: "error",
      });
      const { Users, cachedMember, runs } = await import(pathToFileURL(outfile).href);
      const [one, other] = [new Users("users"), new Users("orders")];
      for (const _ of [1, 2]) {
        deepEqual([await one.find(1), await other.find(1)], ["users:1", "orders:1"]);
        deepEqual([await one.first, await other.first], ["users", "orders"]);
        deepEqual([one.path(1), other.path(1), one.root, other.root], ["users/1", "orders/1", "/users", "/orders"]);
        deepEqual([await Users.all(), await one.secret(5)], [["a"], 5]);
      }
      const expected = ["find", "find", "first", "first", "path", "path", "root", "root", "all", "secret"];
      deepEqual([...runs].sort(), expected.sort());
      equal(await cachedMember(one, "find").invalidate(1), true);
      equal(await one.find(1), "users:1");
      equal(runs.length, expected.length + 1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
