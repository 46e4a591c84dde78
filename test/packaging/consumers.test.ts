import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { entries, execute, npm, pack, readJson, root, temporaryFolder } from "./packed.ts";

// A project of its own that has nothing but the packed tarball, as a user gets it.
const { folder, remove } = temporaryFolder();
const names = entries.map((entry) => entry.replace(/^\./, "tiercel"));
/** Entries that cannot do without a peer. */
const NEEDS: Record<string, readonly string[]> = {
  "tiercel/hono": ["hono", "valibot", "@valibot/to-json-schema"],
  "tiercel/opentelemetry": ["@opentelemetry/api"],
};

before(async () => {
  const tarball = await pack(folder);
  const { "@types/node": types } = readJson("package.json").devDependencies;
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      name: "consumer",
      private: true,
      type: "module",
      dependencies: { tiercel: `file:${tarball}` },
      devDependencies: { "@types/node": types, typescript: "~5.9.0" },
      allowScripts: { "cbor-extract": false },
    }),
  );
  await npm(["install", "--prefer-offline", "--ignore-scripts"], folder);
  writeFileSync(
    join(folder, "main.js"),
    `import { createCache, memory } from "tiercel";
const without = ${JSON.stringify(names.filter((name) => NEEDS[name] === undefined))};
const all = ${JSON.stringify(names)};
for (const name of process.argv[2] === "all" ? all : without) {
  if (Object.keys(await import(name)).length === 0) throw new Error(name + " exports nothing");
}
const cache = createCache({ tiers: [memory()] });
await cache.set("key", { answer: 42 });
const { answer } = await cache.get("key");
await cache.close();
console.log("answer", answer);
`,
  );
  writeFileSync(
    join(folder, "main.ts"),
    `import { createCache, memory } from "tiercel";
${names.map((name, index) => `import * as entry${index} from "${name}";`).join("\n")}
export const all: object[] = [${names.map((_, index) => `entry${index}`).join(", ")}];
export async function program(): Promise<number | undefined> {
  const cache = createCache({ tiers: [memory()] });
  await cache.set("key", 42);
  const answer = await cache.get<number>("key");
  await cache.close();
  return answer;
}
`,
  );
});
after(remove);

const own = process.env.npm_node_execpath;
const runtimes: Record<string, [program: string, ...args: string[]]> = {
  ...(own ? { "the machine's Node": [own] } : {}),
  "Node 22": [join(root, "node_modules/node22/bin/node")],
  "Node 24": [join(root, "node_modules/node24/bin/node")],
  "Node 26": [join(root, "node_modules/node26/bin/node")],
  Bun: [join(root, "node_modules/bun/bin/bun.exe"), "run"],
  Deno: [join(root, "node_modules/deno/deno"), "run", "-A", "--node-modules-dir=manual"],
};
for (const [name, [program, ...args]] of Object.entries(runtimes)) {
  test(`the installed package can be imported, every entry that needs no peer, and works under ${name}`, async () => {
    assert.match(await execute(program, [...args, "main.js"], folder), /answer 42/);
  });
}

test("with their peers all entries can be imported", async () => {
  const { devDependencies } = readJson("package.json");
  const peers = Object.values(NEEDS).flat();
  await npm(
    ["install", "--prefer-offline", "--ignore-scripts", ...peers.map((peer) => `${peer}@${devDependencies[peer]}`)],
    folder,
  );
  for (const [program, ...args] of Object.values(runtimes)) {
    assert.match(await execute(program, [...args, "main.js", "all"], folder), /answer 42/);
  }
});

const compilers = {
  "TypeScript 5.9": join(folder, "node_modules/typescript/bin/tsc"),
  "TypeScript 7": join(root, "node_modules/typescript/bin/tsc"),
};
const settings = {
  "a Node project": { lib: ["ES2023"], types: ["node"], module: "NodeNext", target: "ES2023" },
  "a browser project": { lib: ["ES2022", "DOM", "DOM.Iterable"], types: [], module: "ESNext", target: "ES2022" },
  "a worker project": { lib: ["ES2022", "WebWorker"], types: [], module: "ESNext", target: "ES2022" },
};
for (const [version, compiler] of Object.entries(compilers)) {
  for (const [kind, { module, ...rest }] of Object.entries(settings)) {
    test(`the declarations hold up in ${kind} with ${version} that checks libraries too`, async () => {
      const moduleResolution = module === "NodeNext" ? "NodeNext" : "Bundler";
      const compilerOptions = { ...rest, module, moduleResolution, strict: true, skipLibCheck: false, noEmit: true };
      const project = join(folder, `tsconfig.${`${version} ${kind}`.replaceAll(" ", "-")}.json`);
      writeFileSync(project, JSON.stringify({ compilerOptions, files: ["main.ts"] }));
      await execute(process.execPath, [compiler, "-p", project], folder);
    });
  }
}
