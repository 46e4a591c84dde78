/**
 * The public suite for HTTP caches (`http-cache-tests`, cache-tests.fyi) against a proxy made of `withHttpCache`, on every runtime that serves. Another
 * checkout of the suite is taken from HTTP_CACHE_TESTS.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const suite = process.env.HTTP_CACHE_TESTS ?? join(root, "test/servers/node_modules/http-cache-tests");
const isNew = existsSync(join(suite, "test-engine"));

interface Result {
  id: string;
  kind: "required" | "optimal" | "check";
  passed: boolean;
  detail: unknown;
}

type Runtime = "node" | "bun" | "deno" | "workerd";
type Profile = "strict" | "safe";

/** Tests that fail for a reason, by the beginning of their id. */
const REASONS: { starts: string; reason: string; on?: Runtime[]; in?: Profile; suite?: "new" | "old" }[] = [
  { starts: "interim-", reason: "fetch hides answers of status 1xx" },
  {
    starts: "age-parse-",
    reason: "RFC 9111 section 5.1 has Age ignored that is no number; this was RFC 7234",
    suite: "old",
  },
  { starts: "stale-close-", reason: "an answer of the proxy itself, 502, counts as one from the cache", suite: "old" },
  { starts: "headers-store-Transfer-Encoding", reason: "fetch of Bun refuses the response", on: ["bun"] },
  { starts: "headers-store-Content-Length", reason: "workerd tells the length of a body itself", on: ["workerd"] },
  { starts: "304-etag-update-response-Content-Length", reason: "as above", on: ["workerd"] },
  { starts: "invalidate-M-SEARCH", reason: "workerd answers this method with 501", on: ["workerd"] },
  { starts: "headers-store-Set-Cookie", reason: "stores no cookies", in: "safe" },
  { starts: "304-etag-update-response-Set-Cookie", reason: "stores no cookies", in: "safe" },
];

const processes: ChildProcess[] = [];
const workers: Miniflare[] = [];
after(async () => {
  for (const one of processes) one.kill();
  for (const one of workers) await one.dispose();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`${url} does not answer`);
}

/** The origin of the suite. */
async function startOrigin(): Promise<string> {
  const port = await freePort();
  const own = {
    npm_config_protocol: "http",
    npm_config_port: `${port}`,
    npm_config_pidfile: join(tmpdir(), `suite.${port}`),
  };
  const program = isNew ? "test-engine/server/server.mjs" : "server/server.mjs";
  processes.push(spawn(process.execPath, [program], { cwd: suite, stdio: "ignore", env: { ...process.env, ...own } }));
  const origin = `http://127.0.0.1:${port}`;
  await answers(origin);
  return origin;
}

async function startProxy(runtime: Runtime, origin: string, profile: Profile): Promise<string> {
  if (runtime === "workerd") {
    const { outputFiles } = await build({
      entryPoints: [join(here, "http-worker.ts")],
      bundle: true,
      write: false,
      format: "esm",
      conditions: ["workerd"],
    });
    const worker = new Miniflare({
      modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles[0]!.text }],
      compatibilityDate: "2026-01-01",
      bindings: { ORIGIN: origin, PROFILE: profile },
      port: 0,
    });
    workers.push(worker);
    return (await worker.ready).origin;
  }
  const port = await freePort();
  const bin = join(root, "node_modules/.bin");
  const programs = {
    node: [process.execPath],
    bun: [join(bin, "bun")],
    deno: [join(bin, "deno"), "run", "-A", "--no-check"],
  };
  const [program = "", ...args] = programs[runtime];
  const all = [...args, join(here, "http-proxy.ts"), `${port}`, origin, profile];
  processes.push(spawn(program, all, { cwd: root, stdio: "ignore" }));
  const base = `http://127.0.0.1:${port}`;
  await answers(`${base}/`);
  return base;
}

async function results(runtime: Runtime, profile: Profile): Promise<Result[]> {
  const base = await startProxy(runtime, await startOrigin(), profile);
  const args = [join(here, "http-suite-client.ts"), suite, base];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 });
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n[") + 1));
}

function reasonFor(id: string, runtime: Runtime, profile: Profile): string | undefined {
  return REASONS.find(
    ({ starts, on = [runtime], in: own = profile, suite: which }) =>
      id.startsWith(starts) && on.includes(runtime) && own === profile && (!which || (which === "new") === isNew),
  )?.reason;
}

const skip = existsSync(suite) ? false : "http-cache-tests is not installed: run node scripts/servers.mjs";
if (skip && process.env.CI) throw new Error(`Cannot skip tests in CI: ${skip}`);

// A run waits most of its time for entries to grow old, so all of them go at once.
test("the public suite", { skip, concurrency: true }, async (all) => {
  const runs = (["strict", "safe"] as const).flatMap((profile) =>
    (["node", "bun", "deno", "workerd"] as const).map((runtime) =>
      all.test(`${profile}, on ${runtime}`, async (t) => {
        const answers = await results(runtime, profile);
        const count = (kind: Result["kind"]): [number, number] => {
          const some = answers.filter((one) => one.kind === kind);
          return [some.filter((one) => one.passed).length, some.length];
        };
        const [required, optimal] = [count("required"), count("optimal")];
        t.diagnostic(`required ${required.join("/")}, optimal ${optimal.join("/")}, check ${count("check").join("/")}`);
        const failed = answers.filter((one) => one.kind === "required" && !one.passed);
        for (const { id } of failed) t.diagnostic(`${id}: ${reasonFor(id, runtime, profile) ?? "?"}`);
        assert.deepEqual(
          failed.filter(({ id }) => !reasonFor(id, runtime, profile)),
          [],
        );
        const least = profile === "strict" ? 0.95 : 0.79;
        assert.ok(optimal[0] >= Math.floor(least * optimal[1]), `optimal ${optimal.join("/")}`);
      }),
    ),
  );
  await Promise.all(runs);
});
