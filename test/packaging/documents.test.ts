import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { after, test } from "node:test";
import { compileExamples, readJson, root } from "./packed.ts";

const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].concat(
  readdirSync(join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
);
const texts = new Map(pages.map((page) => [page, readFileSync(join(root, page), "utf8")]));

/** What examples leave to their readers, by page. */
const GIVEN: Record<string, string> = {
  "README.md": "declare const id: number, db: { user(id: number, options: object): Promise<{ name: string }> };",
  "docs/stores.md": `interface Env { KV: import("tiercel/kv").KvNamespace; DB: import("tiercel/d1").D1Binding }
declare function respond(request: Request, cache: import("tiercel").Cache): Promise<Response>;`,
};

// Below the project, where the package finds itself by its name, and its peers.
mkdirSync(join(root, ".work"), { recursive: true });
const folder = mkdtempSync(join(root, ".work/documents-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("every example of the documents compiles as strictly as TypeScript can", async () => {
  let examples = 0;
  for (const [page, text] of texts) {
    for (const { 1: code = "", index } of text.matchAll(/^```ts\n(.*?)^```$/gms)) {
      const line = text.slice(0, index).split("\n").length;
      examples++;
      writeFileSync(
        join(folder, `${page.replace("/", "-")}-line-${line}.ts`),
        `${code}\nexport {};\n${GIVEN[page] ?? ""}\n`,
      );
    }
  }
  await compileExamples(folder);
  assert.ok(examples > 40);
});

/** The anchors of a page: its headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return [...text.replace(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => {
    const name = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return times === 0 ? name : `${name}-${times}`;
  });
}

test("every link between the documents leads to a file that there is, and to a heading in it", () => {
  const dead: string[] = [];
  let links = 0;
  for (const [page, text] of texts) {
    for (const [, target = ""] of text.replace(/^```.*?^```$/gms, "").matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      links++;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : relative(root, join(root, dirname(page), path));
      const isThere = existsSync(join(root, file));
      if (!isThere || (anchor !== undefined && !anchorsOf(texts.get(file) ?? "").includes(anchor)))
        dead.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(dead, []);
  assert.ok(links > 80);
});

test("files and commands that the documents name are there", () => {
  const { scripts } = readJson("package.json");
  for (const [page, text] of texts) {
    for (const [, name = ""] of text.matchAll(/npm run ([\w:]+)/g))
      assert.ok(name in scripts, `${page}: npm run ${name}`);
    for (const [, path = ""] of text.matchAll(
      /`((?:src|adapters|runtimes|cli|test|bench|docs|examples|scripts)\/[\w./-]+\.\w+)`/g,
    ))
      assert.ok(existsSync(join(root, path)), `${page}: ${path}`);
  }
});

test("README.md leads to every page of docs/", () => {
  const readme = texts.get("README.md") ?? "";
  assert.deepEqual(
    pages.filter((page) => page.startsWith("docs/") && !readme.includes(`](${page}`)),
    [],
  );
});
