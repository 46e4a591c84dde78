import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { compileExamples, execute, root } from "./packed.ts";

/** What examples leave to their readers, by file. */
const GIVEN: Record<string, string> = {
  "adapters/d1.ts": 'declare const env: { DB: import("tiercel/d1").D1Binding };',
  "adapters/kv.ts": 'declare const env: { KV: import("tiercel/kv").KvNamespace };',
  "src/bus/bus.ts": `declare const publisher: { publish(channel: string, text: string): Promise<void> };
declare const subscriber: {
  on(event: "ready", listener: () => void): void;
  subscribe(channel: string, listener: (text: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
};`,
};

/** Those that Node alone cannot run, with what they want. */
const WANTS: Record<string, string> = {
  "adapters/cache-api.ts": "a runtime with caches",
  "adapters/d1.ts": "a binding",
  "adapters/deno-kv.ts": "Deno",
  "adapters/durable-object.ts": "Workers",
  "adapters/indexeddb.ts": "a browser",
  "adapters/kv.ts": "a binding",
  "adapters/upstash.ts": "a URL and a token in the environment",
  "runtimes/browser.ts": "a browser",
  "runtimes/bun.ts": "Bun",
  "runtimes/deno.ts": "Deno",
  "runtimes/workerd.ts": "Workers",
  "src/bus/bus.ts": "a server of messages",
  "src/bytes/encryption/encryption.ts": "a key in the environment",
  "src/functions/decorator.ts": "a compiler that knows decorators",
};

const sources = ["mod.ts"].concat(
  ["src", "adapters", "runtimes", "test/contract"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => `${folder}/${file}`),
  ),
);

// Below the project, where the package finds itself by its name, and its peers.
mkdirSync(join(root, ".work"), { recursive: true });
const folder = mkdtempSync(join(root, ".work/docstrings-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const examples = sources.flatMap((source) =>
  [...readFileSync(join(root, source), "utf8").matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms)].map(
    ({ 1: lines = "" }, at) => {
      const file = join(folder, `${source.replaceAll("/", "-").replace(/\.tsx?$/, "")}-${at}.ts`);
      writeFileSync(file, `${lines.replace(/^ *\* ?/gm, "")}\nexport {};\n${GIVEN[source] ?? ""}\n`);
      return { source, file };
    },
  ),
);

test("every example in a docstring compiles as strictly as TypeScript can", async () => {
  assert.ok(examples.length > 40);
  writeFileSync(
    join(folder, "workers.d.ts"),
    'declare module "cloudflare:workers" { export const DurableObject: any; }\n',
  );
  await compileExamples(folder);
});

test("every example in a docstring that Node alone can run runs", async () => {
  const files = examples.filter(({ source }) => WANTS[source] === undefined).map(({ file }) => file);
  assert.ok(files.length > 30);
  const runner = join(folder, "runner.mjs");
  writeFileSync(
    runner,
    `for (const file of ${JSON.stringify(files.map((file) => pathToFileURL(file).href))}) {
  try {
    await import(file);
  } catch (cause) {
    throw new Error("Cannot run example " + file, { cause });
  }
}
process.exit(0);
`,
  );
  await execute(process.execPath, [runner], folder);
  const absent = Object.keys(WANTS).filter((source) => !examples.some((example) => example.source === source));
  assert.deepEqual(absent, []);
});
