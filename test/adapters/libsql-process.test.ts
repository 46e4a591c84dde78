// Several processes, one libSQL database.
import { type ChildProcess, spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { libsql } from "../../adapters/libsql.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { filePlace, opened, PATIENT, type Raw, values } from "./libsql-fixture.ts";
import { sharedServer } from "./libsql-server.ts";
import { isBun, isDeno } from "./sql-fixture.ts";

const { serverTest } = sharedServer();

/** Node 20 runs these tests compiled. */
const SCRIPT = fileURLToPath(import.meta.url).replace("libsql-process.test", "libsql-child");

interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves when it has printed so many lines. */
  printed(count: number): Promise<void>;
  readonly ended: Promise<unknown>;
}

function start(task: string, url: string, id: number): Child {
  const runtime = isDeno ? ["run", "-A", "--no-check"] : isBun ? [] : ["--no-warnings"];
  const child = spawn(process.execPath, [...runtime, SCRIPT, task, url, String(id)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let rest = "";
  let listener = () => {};
  child.stdout.on("data", (some) => {
    const parts = (rest + some).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
    listener();
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const printed = (count: number) =>
    new Promise<void>((resolve, reject) => {
      listener = () => lines.length >= count && resolve();
      listener();
      ended.then(() => reject(new Error(`It ended after ${lines.join()}`)));
    });
  return { process: child, lines, printed, ended };
}

/** Processes that open an empty database at the same time all succeed, and share it. */
async function race(url: string, raw: Raw): Promise<void> {
  const children = [0, 1].map((id) => start("open", url, id));
  await Promise.all(children.map((child) => child.printed(1)));
  for (const child of children) child.process.stdin!.end();
  await Promise.all(children.map(({ ended }) => ended));
  const said = children.map(({ lines }) => lines.slice(1));
  equal(
    said.map((lines) => lines.at(-1)),
    ["done", "done"],
  );
  const leases = said.flatMap((lines) => lines.slice(0, -2));
  equal(
    leases.map((line) => line.split(" ")[0]).sort(),
    Array.from({ length: 50 }, (_, index) => `l${index}`).sort(),
    "each lease is somebody's, and only one's",
  );
  same(new Set(said.map((lines) => lines.at(-2))).size, 2, "each invalidation has a sequence of its own");
  equal(await raw.rows("SELECT schema_version AS v, (SELECT count(*) FROM entries) AS n FROM meta"), [{ v: 1, n: 2 }]);
}

serverTest(
  "processes that open an empty database on a server at the same time all succeed, and share it",
  ({ server, raw }) => race(server.url, raw),
);

test("processes that open an empty file at the same time all succeed, and share it", async () => {
  const place = filePlace();
  try {
    await race(place.url, place.raw);
  } finally {
    place.dispose();
  }
});

/** What was acknowledged is there after the process was killed. */
async function survives(url: string): Promise<void> {
  const child = start("write", url, 0);
  child.process.stdin!.end();
  await child.printed(40);
  child.process.kill("SIGKILL");
  await child.ended;
  const keys = child.lines.slice(1);
  ok(keys.length >= 39);
  const { tier } = opened(libsql(url, PATIENT));
  equal(
    await values(tier, ...keys),
    keys.map((key) => `value of ${key}`),
  );
  await tier.close!();
}

serverTest("what was acknowledged survives kill -9 of the process: on a server", ({ server }) => survives(server.url));

test("what was acknowledged survives kill -9 of the process: in a file", async () => {
  const place = filePlace();
  try {
    await survives(place.url);
  } finally {
    place.dispose();
  }
});

serverTest("many tiers that open an empty database at the same time all succeed", async ({ server }) => {
  const tiers = Array.from({ length: 6 }, () => opened(libsql(server.url, PATIENT)).tier);
  const answers = await Promise.all(tiers.map((tier) => tier.journal!()));
  equal(
    answers.map(({ position }) => position),
    tiers.map(() => 0),
  );
  for (const tier of tiers) await tier.close!();
});
