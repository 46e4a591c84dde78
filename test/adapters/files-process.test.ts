// Several processes on one folder, and processes that are killed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { equal, ok, same } from "../contract/assert.ts";
import { filesIn, inFolder, isDeno } from "./files-fixture.ts";

interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  lines(): string[];
  printed(lines: number): Promise<void>;
}

function start(...args: string[]): Child {
  const script = fileURLToPath(import.meta.url).replace("files-process.test", "files-child");
  const runtime = isDeno ? ["run", "-A", "--no-check", script] : [script];
  const child = spawn(process.execPath, [...runtime, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  let notify = () => {};
  child.stdout!.on("data", (some) => {
    text += some;
    notify();
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  const lines = () => text.split("\n").slice(0, -1);
  return {
    process: child,
    ended,
    lines,
    async printed(count) {
      const enough = new Promise<void>((resolve) => {
        notify = () => {
          if (lines().length >= count) resolve();
        };
        notify();
      });
      await Promise.race([enough, ended]);
    },
  };
}

test("after kill -9 in the middle of writes every file is whole, old or new, and what was acknowledged is there", () =>
  inFolder(async (folder) => {
    for (const lines of [25, 47]) {
      const child = start("forever", folder.store, "1");
      await child.printed(lines);
      child.process.kill("SIGKILL");
      await child.ended;
      const acknowledged = child.lines().map(Number);
      ok(acknowledged.length >= lines, "the process must have run until it was killed");
      const { cache, corrupt, errors } = folder.open();
      for (let key = 0; key < 20; key++) {
        const { round, text } = (await cache.get(`k${key}`)) as { round: number; text: string };
        const last = acknowledged.filter((one) => one % 20 === key).at(-1) ?? -1;
        // What was written without having been acknowledged may be there too.
        ok(round >= last && round % 20 === key, `k${key}: ${round} must not be before ${last}`);
        same(text, String(round % 10).repeat(1 + (round % 7) * 30_000));
      }
      equal([corrupt, errors], [[], []]);
      same((await cache.keys()).length, 20);
      await cache.clear();
      equal(filesIn(folder.store, ".tiercel"), []);
    }
  }));

test("processes that share a folder see whole values, and lose nothing of each other", () =>
  inFolder(async (folder) => {
    const ids = ["a", "b", "c"];
    const children = ids.map((id) => start("share", folder.store, id));
    equal(await Promise.all(children.map(({ ended }) => ended)), [0, 0, 0]);
    const { cache, corrupt } = folder.open();
    for (const id of ids) {
      for (let round = 0; round < 12; round++) {
        const expected = round % 3 === 0 ? undefined : `value of ${id}-${round}`;
        same(await cache.get(`${id}-${round}`), expected);
      }
    }
    const all = (await cache.get("all")) as { by: string; text: string };
    same(all.text, all.by.repeat(20_000));
    equal(corrupt, []);
    equal(filesIn(folder.store, ".tmp"), []);
  }));
