/**
 * `npm run docs`: writes the commands into docs/cli.md as their own `--help` has them; with `--check` it only looks whether they are.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { inside, programs } from "./project.mjs";
import { run } from "./run.mjs";

export const file = inside("docs/cli.md");

const [BEGIN, END] = ["<!-- commands: written by npm run docs -->", "<!-- end of commands -->"];

/** The page with the commands as they are now. */
export async function page() {
  const { all, globals, of } = await import("../cli/help.ts");
  const commands = await all();
  const sections = await Promise.all(
    commands.map(async (command) => `### tiercel ${command.meta.name}\n\n\`\`\`text\n${await of(command)}\n\`\`\``),
  );
  const generated = [`### Options of all commands\n\n\`\`\`text\n${await globals()}\n\`\`\``, ...sections].join("\n\n");
  const text = readFileSync(file, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/cli.md must have ${BEGIN} and ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${generated}\n\n${text.slice(end)}`;
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  if (!process.features.typescript) {
    const { code } = await run(programs.node24, process.argv.slice(1), { show: true });
    process.exitCode = code;
  } else {
    const written = await page();
    const isCurrent = written === readFileSync(file, "utf8");
    if (!process.argv.includes("--check")) writeFileSync(file, written);
    else if (!isCurrent) {
      console.error("docs/cli.md is not as the commands are: run npm run docs");
      process.exitCode = 1;
    }
  }
}
