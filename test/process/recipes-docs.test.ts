import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { testExamples } from "./docs-examples.ts";
import { root } from "./web-server.ts";

const entries = {
  "tiercel/bridges": "adapters/bridges.ts",
  "tiercel/node": "runtimes/node.ts",
  "tiercel/testing": "test/contract/mod.ts",
  "tiercel/workerd": "runtimes/workerd.ts",
};
testExamples("docs/recipes.md", { examples: 14, claiming: 8, entries });

const RUNTIMES = {
  Node: "node",
  Bun: "bun",
  Deno: "deno",
  Workers: "workerd",
  "edge runtimes": "edge",
  browsers: "browser",
};

for (const [runtime, entry] of Object.entries(RUNTIMES)) {
  test(`the table of URLs has what openCache knows in ${runtime}`, async () => {
    const text = readFileSync(join(root, "docs/recipes.md"), "utf8");
    const rows = [...text.matchAll(/^\| (`[^|]*|a path[^|]*) \|[^|]*\| ([^|]*) \|$/gm)];
    const told = rows.filter(([, , on = ""]) =>
      on.startsWith("all") ? !on.includes(`but ${runtime}`) : on.trim().split(/[,;] /).includes(runtime),
    );
    const { openCache } = await import(`../../runtimes/${entry}.ts`);
    let message = "";
    assert.throws(
      () => openCache("nonsense:"),
      (error: Error) => (message = error.message) !== "",
    );
    const schemes = (of: string) => [...new Set([...of.matchAll(/([a-z0-9]+):/g)].map(([, name]) => name))].sort();
    // An insecure connection is for tests and private networks.
    const known = schemes(message.split(": received")[0]!).filter((name) => name !== "http" && name !== "ws");
    assert.deepEqual(schemes(told.map(([, url]) => url).join()), known);
    assert.equal(
      told.some(([, url]) => url!.startsWith("a path")),
      message.includes("or a path"),
    );
  });
}
