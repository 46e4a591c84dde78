/**
 * A process that works on a libSQL database. Arguments: what to do, the URL, a number that tells it from its siblings.
 * It begins when its standard input ends, and prints one line per fact.
 */
import { writeSync } from "node:fs";
import { libsql } from "../../adapters/libsql.ts";
import { now, opened, PATIENT, put } from "./libsql-fixture.ts";

const [task, url, id] = process.argv.slice(-3) as [string, string, string];
const say = (line: string) => writeSync(1, `${line}\n`);
const { tier, reports } = opened(libsql(url, PATIENT));

const tasks: Record<string, () => Promise<void>> = {
  /** Makes the tables of an empty database, as its siblings do at the same time, and takes leases of the same keys. */
  async open() {
    await put(tier, { [`k${id}`]: id }, [`t${id}`]);
    const keys = Array.from({ length: 50 }, (_, index) => `l${index}`);
    if (Number(id) % 2) keys.reverse();
    for (const key of keys) {
      const { leases } = await tier.getMany([key], { now, lease: 10_000 });
      if (leases![0] !== undefined) say(`${key} ${leases![0]}`);
    }
    say(String(await tier.invalidate!({ tags: [`t${id}`], match: "any", mode: "delete", now, after: 0 })));
  },
  /** Writes for ever, and says each key that was acknowledged. */
  async write() {
    for (let index = 0; ; index++) {
      const key = `k${index}`;
      await put(tier, { [key]: `value of ${key}` }, ["t"]);
      say(key);
    }
  },
};

say("ready");
for await (const _ of process.stdin);
await tasks[task]!();
await tier.close!();
say(reports.length === 0 ? "done" : String(reports[0]!.error));
process.exit(0);
