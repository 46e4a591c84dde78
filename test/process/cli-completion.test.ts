/** The completion scripts in the shells that they are for. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { tiercel } from "./cli.ts";

const cwd = mkdtempSync(join(tmpdir(), "tiercel-cli-completion-"));
after(() => rmSync(cwd, { recursive: true, force: true }));
writeFileSync(join(cwd, "unique.jsonl"), "");

/** What is typed, and what there is to choose from then. An option that takes a value may be followed by it in two ways. */
const TYPED: readonly (readonly [line: string, word: string | undefined])[] = [
  ["tiercel comple", "completion"],
  ["tiercel completion zs", "zsh"],
  ["tiercel profile exp", "export"],
  ["tiercel profile save --sweep", "--sweep-interval"],
  ["tiercel keys --coun", "--count"],
  ["tiercel keys --no-c", "--no-color"],
  ["tiercel --url=a.db comple", "completion"],
  ["tiercel --url a.db comple", "completion"],
  ["tiercel -u a.db comple", "completion"],
  ["tiercel -u a.db profile exp", "export"],
  ["tiercel keys -n users --coun", "--count"],
  ["tiercel keys --limit 5 -t users --coun", "--count"],
  ["tiercel invalidate --match ex", "exact"],
  ["tiercel --config uni", "unique.jsonl"],
  ["tiercel --url uni", "unique.jsonl"],
  ["tiercel import uni", "unique.jsonl"],
  ["tiercel get uni", undefined],
  ["tiercel keys profile exp", undefined],
];

/** Runs a program of a shell that is there, or skips the test. */
function shell(name: string, program: (script: string) => readonly string[], seen: (out: string) => string[]): void {
  const isThere = spawnSync(name, ["--version"]).error === undefined;
  test(`${name} completes commands, options, values and files`, {
    skip: isThere ? false : `there is no ${name}`,
  }, async () => {
    const file = join(cwd, `tiercel.${name}`);
    writeFileSync(file, (await tiercel(["completion", name])).out);
    const child = spawn(name, program(file), { cwd, stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    await new Promise((resolve) => child.on("close", resolve));
    const found = seen(out);
    assert.equal(found.length, TYPED.length, out);
    for (const [at, [line, word]] of TYPED.entries()) assert.equal(found[at], word ?? "", line);
  });
}

const quoted = (text: string): string => `'${text}'`;
const lines = (out: string): string[] => out.replace(/\n$/, "").split("\n");

shell(
  "bash",
  (script) => {
    const calls = TYPED.map(([line]) => {
      // As readline does it: the equals sign is a word of its own.
      const words = line.replaceAll("=", " = ").split(" ");
      return `COMP_WORDS=(${words.map(quoted).join(" ")}); COMP_CWORD=${words.length - 1}; COMPREPLY=(); _tiercel; echo "\${COMPREPLY[*]}"`;
    });
    return ["--norc", "-c", `source ${script}\n${calls.join("\n")}`];
  },
  lines,
);

shell(
  "fish",
  (script) => {
    const calls = TYPED.map(([line]) => `echo (complete -C ${quoted(line)} | string split -f1 \\t)`);
    return ["--no-config", "-c", `source ${script}; ${calls.join("; ")}`];
  },
  lines,
);

// zsh completes only where it reads lines, so it is given a terminal, a tab after each line, and a key that writes down what there is then.
shell(
  "zsh",
  (script) => {
    const typed = join(cwd, "typed");
    const setUp = `unsetopt beep list_beep; autoload -Uz compinit; compinit -u -D; source ${script}; down() { print -r -- "$BUFFER" >> ${typed}; BUFFER=; zle -R }; zle -N down; bindkey '^G' down; print -r -- ready >> ${typed}`;
    const program = `
zmodload zsh/zpty
: > ${typed}
typeset -i so_far=1
until_written() {
  local text
  repeat 10000; do
    while zpty -r -t shell text; do :; done
    if (( $(wc -l < ${typed}) >= so_far )); then so_far+=1; return; fi
    sleep 0.01
  done
  cat ${typed}
  exit 1
}
zpty shell zsh -f -i
zpty -w shell ${JSON.stringify(setUp).replaceAll("$", "\\$")}
until_written
for line in ${TYPED.map(([line]) => quoted(line)).join(" ")}; do
  zpty -n -w shell "$line"$'\\t\\a'
  until_written
done
zpty -d shell
cat ${typed}`;
    return ["-f", "-c", program];
  },
  (out) => {
    const [first, ...typed] = lines(out);
    assert.equal(first, "ready");
    return typed.map((line, at) => {
      const before = TYPED[at]?.[0] ?? "";
      // What was added to the last word, without the space or equals sign after it.
      return line === before ? "" : line.slice(before.lastIndexOf(" ") + 1).replace(/[ =]$/, "");
    });
  },
);

test("each script names every command", async () => {
  const { out } = await tiercel(["--help"]);
  const names = [...out.matchAll(/^ {2}([a-z]+(?:-[a-z]+)*)(?: [a-z]+)? {2,}/gm)].map(([, name]) => name!);
  assert.ok(names.length > 20);
  for (const name of ["bash", "zsh", "fish"]) {
    const script = (await tiercel(["completion", name])).out;
    for (const command of names) assert.ok(script.includes(command), `${name}: ${command}`);
  }
});
