import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** A file of the project as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows what it reads
export function readJson(path: string): any {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/** The paths of the package's export map that are modules: ".", "./sqlite" and so on. */
export const entries: string[] = Object.entries(readJson("package.json").exports)
  .filter(([, target]) => typeof target !== "string")
  .map(([path]) => path);

/** Runs a program; resolves to its whole output, or rejects with it when the program fails. */
export function execute(program: string, args: string[], cwd: string = root): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: "1" };
    execFile(program, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(" ")} failed\n${stdout}${stderr}`));
      else resolve(stdout + stderr);
    });
  });
}

/** Runs npm: the one that started the tests, or the one in PATH. */
export function npm(args: string[], cwd: string): Promise<string> {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=5"];
  return cli?.endsWith("npm-cli.js") && node
    ? execute(node, [cli, ...args, ...quiet], cwd)
    : execute("npm", [...args, ...quiet], cwd);
}

/** A fresh folder, and how to remove it. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-packaging-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Packs the project as it would be published, into `folder`; resolves to the tarball's path. dist/ must be built. */
export async function pack(folder: string): Promise<string> {
  await npm(["pack", "--ignore-scripts", "--pack-destination", folder], root);
  const { name, version } = readJson("package.json");
  return join(folder, `${name}-${version}.tgz`);
}

/** Compiles the examples in a folder as strictly as TypeScript can; rejects with what it finds. */
export async function compileExamples(folder: string): Promise<void> {
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  await execute(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
}
