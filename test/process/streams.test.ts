/**
 * Streams that are longer than memory should be, and processes that die while they write one.
 *
 *     TIERCEL_LONG=1    1 GiB through each store, encrypted and not
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { redis } from "../../adapters/redis.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, type Tier } from "../../mod.ts";
import { inside, programs } from "../../scripts/project.mjs";
import { streams } from "../../src/streams/mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { reasonFor } from "../servers/available.ts";
import { startRedis } from "../servers/redis.ts";

const CHILD = fileURLToPath(new URL("./streams-child.ts", import.meta.url));
const MIB = 1_048_576;
const isLong = Boolean(process.env.TIERCEL_LONG);
const BYTES = (isLong ? 1_024 : 16) * MIB;
/** How much memory a stream may take beyond what the program has at its start; with a server, after a first stream of 32 MiB. */
const MORE = 64 * MIB;
/** The same where it is encrypted: Web Crypto on Node, which decrypts a gibibyte for nobody, lets about 100 MiB gather by itself. */
const MORE_SEALED = 128 * MIB;

const NODE: readonly string[] = [process.execPath, "--no-warnings"];
/** Others that read what Node wrote. */
const OTHERS: Record<string, readonly string[]> = {
  "Node 26": [programs.node26, "--no-warnings"],
  Bun: [programs.bun, "run"],
  Deno: [programs.deno, "run", "-A", "--no-prompt", "--no-check", "--config", inside("deno.json")],
};

/** Runs the program; kills it without a word when it has printed `until`. */
function run(args: string[], until?: string, [runtime, ...flags]: readonly string[] = NODE): Promise<string> {
  const child = spawn(runtime!, [...flags, CHILD, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (data) => {
    printed += data;
    if (until !== undefined && printed.includes(until)) child.kill("SIGKILL");
  });
  return new Promise((resolve) => child.on("close", () => resolve(printed.trim())));
}

/** Gives a target to a test: a file, or a server. */
async function withTarget(
  kind: "sqlite" | "redis",
  use: (target: string, open: () => Tier) => Promise<void>,
): Promise<void> {
  if (kind === "redis") {
    const server = await startRedis();
    try {
      await use(server.url, () => redis(server.url, { timeout: "1m" }));
    } finally {
      await server.stop();
    }
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "tiercel-streams-"));
  const path = join(folder, "cache.db");
  try {
    await use(`sqlite:${path}`, () => sqlite(path));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Memory at most beyond that at the start, in bytes, and MiB per second. */
interface Taken {
  readonly peak: number;
  readonly rate: number;
}

interface Measured {
  readonly written: Taken;
  readonly into: Taken;
  readonly out: Taken;
  readonly nothing: Taken;
}

function told({ peak, rate }: Taken): string {
  return `${Math.round(peak / MIB)} MiB above the start at ${rate} MiB/s`;
}

/** Writes and reads a stream in a process of its own. */
async function measured(target: string, sealed: string): Promise<Measured> {
  const all: Measured = JSON.parse(await run(["whole", target, String(BYTES), sealed]));
  console.log(`${target.split(":")[0]} ${sealed}, ${BYTES / MIB} MiB`);
  console.log(`  written: ${told(all.written)}\n  read into memory of its own: ${told(all.into)}`);
  console.log(`  read as handed out: ${told(all.out)}\n  a stream out of nothing: ${told(all.nothing)}`);
  return all;
}

function isLittle({ written, into, out, nothing }: Measured, more: number): boolean {
  return Math.max(written.peak, into.peak, out.peak - nothing.peak) < more;
}

for (const kind of ["sqlite", "redis"] as const) {
  const skip = kind === "redis" && reasonFor("redis");
  for (const sealed of ["", "sealed"]) {
    test(
      `${kind}: a stream of ${BYTES / MIB} MiB ${sealed} takes a little memory, however long it is`,
      { skip, timeout: 600_000 },
      () =>
        withTarget(kind, async (target) => {
          const more = sealed ? MORE_SEALED : MORE;
          // When an engine collects is its own affair: what is too much is measured once more.
          const first = await measured(target, sealed);
          const { written, into, nothing, out } = isLittle(first, more) ? first : await measured(target, sealed);
          ok(written.peak < more, `writing: ${told(written)}`);
          ok(into.peak < more, `reading into memory of its own: ${told(into)}`);
          ok(out.peak - nothing.peak < more, `reading: ${told(out)}, a stream out of nothing: ${told(nothing)}`);
        }),
    );
  }

  test(`${kind}: what a process was writing when it was killed is seen by nobody, and goes by itself`, { skip }, () =>
    withTarget(kind, async (target, open) => {
      same(await run(["begin", target], "begun"), "begun");
      same(await run(["read", target]), "missing");
      let ahead = 0;
      const clock = {
        now: () => Date.now() + ahead,
        setTimer: (callback: () => void, ms: number) => setTimeout(callback, ms),
        clearTimer: (timer: unknown) => clearTimeout(timer as number),
      };
      const cache = createCache({ name: "streams", tiers: [open()], clock, sweepInterval: 0 });
      const tier = cache.tier(kind);
      const left = async (): Promise<string[]> =>
        (await tier.scan!({ prefix: "streams:@#stream", limit: 10_000, now: Date.now() })).keys as string[];
      const orphans = await left();
      ok(orphans.length > 50, `${orphans.length} chunks were left`);
      equal(await cache.keys(), []);
      same(await streams(cache).get("k"), undefined);
      const { entries } = await tier.getMany(orphans, { now: Date.now() });
      for (const entry of entries) ok(entry!.staleUntil <= Date.now() + 600_000);
      if (kind === "sqlite") {
        ahead = 601_000;
        await cache.prune();
        equal(await left(), []);
      }
      await cache.close();
    }),
  );
}

for (const sealed of ["", "sealed"]) {
  test(`what one runtime has written ${sealed} the others read`, () =>
    withTarget("sqlite", async (target) => {
      await run(["store", target, "300000", sealed]);
      const own = await run(["sum", target, "0", sealed]);
      ok(own.includes('"length":300000') && own.includes("another runtime"), own);
      for (const [name, runtime] of Object.entries(OTHERS)) {
        same(await run(["sum", target, "0", sealed], undefined, runtime), own, name);
      }
    }));
}

test("a long stream that needs no waiting lets timers have their turn", () =>
  withTarget("sqlite", async (_, open) => {
    const cache = createCache({ tiers: [open()] });
    const files = streams(cache);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const source = function* () {
      for (let chunk = 0; chunk < 256; chunk++) yield new Uint8Array(65_536);
    };
    await files.set("k", source());
    const whileWritten = turns;
    for await (const bytes of (await files.get("k"))!.body) void bytes;
    clearInterval(timer);
    ok(whileWritten > 1 && turns - whileWritten > 0, `${whileWritten} and ${turns - whileWritten} turns`);
    await cache.close();
  }));
