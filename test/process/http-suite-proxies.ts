/** The proxies made of `withHttpCache` that the public suite is run against, on every runtime that serves. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { type Running, SAYS, startAtFreePort, startProgram } from "./http-suite.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const bin = join(root, "node_modules/.bin");

const PROGRAMS = {
  node: [process.execPath],
  bun: [join(bin, "bun")],
  deno: [join(bin, "deno"), "run", "-A", "--no-check"],
};

export type Runtime = keyof typeof PROGRAMS | "workerd";
export type Profile = "strict" | "safe";

export const RUNTIMES: readonly Runtime[] = ["node", "bun", "deno", "workerd"];
export const PROFILES: readonly Profile[] = ["strict", "safe"];

/** A proxy in front of an origin. */
export async function startProxy(runtime: Runtime, origin: string, profile: Profile): Promise<Running> {
  if (runtime === "workerd") return startWorker(join(here, "http-worker.ts"), { ORIGIN: origin, PROFILE: profile });
  const [program = "", ...args] = PROGRAMS[runtime];
  const start = (port: number): Promise<Running> =>
    startProgram(program, [...args, join(here, "http-proxy.ts"), `${port}`, origin, profile], { port, cwd: root });
  return startAtFreePort(start, ({ headers }) => headers.has(SAYS));
}

/** A Worker in workerd, of a module that exports its handler. */
export async function startWorker(module: string, bindings: Record<string, string>): Promise<Running> {
  const { outputFiles } = await build({
    entryPoints: [module],
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["workerd"],
  });
  const worker = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles[0]!.text }],
    compatibilityDate: "2026-01-01",
    bindings,
    port: 0,
  });
  const { origin: url } = await worker.ready;
  return { url, stop: () => worker.dispose() };
}
