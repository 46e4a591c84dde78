/**
 * Help, made of the commands themselves.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { renderUsage } from "citty";
import { withoutColors } from "./ansi.ts";
import { type Command, GLOBAL } from "./command.ts";
import { ALIASES, COMMANDS } from "./commands.ts";

/** The version of this package. */
export function version(): string {
  // In dist the package is two folders up, in the sources one.
  for (const place of ["../package.json", "../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(place, import.meta.url), "utf8"));
      if (name === "tiercel") return version;
    } catch {
      // The other one.
    }
  }
  return "unknown";
}

/** All commands, loaded. */
export async function all(): Promise<Command[]> {
  return Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).default));
}

function plain(text: string): string {
  return withoutColors(text).replace(/[ \t]+$/gm, "");
}

/** The text in lines of at most `room` columns; what stands in a column of its own goes on in that. */
export function folded(text: string, room: number): string {
  const fold = (line: string): string => {
    if (line.length <= room) return line;
    const [before = ""] = /^ *(?:\S+(?: \S+)* {2,})?/.exec(line) ?? [];
    // Where too little is left beside a column, the line is folded below it.
    const indent = before.length > room / 2 ? line.search(/\S/) : before.length;
    const lines = [""];
    for (const word of line.slice(indent).split(" ")) {
      const last = lines.at(-1)!;
      if (last !== "" && indent + last.length + 1 + word.length > room) lines.push(word);
      else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
    }
    return line.slice(0, indent) + lines.map((one) => one.trimEnd()).join(`\n${" ".repeat(indent)}`);
  };
  return text.split("\n").map(fold).join("\n");
}

/** Help of one command, in lines of at most `room` columns but for examples, which are there to be copied. */
export async function of(command: Command, room = Infinity): Promise<string> {
  const { args, many, examples = [], meta, details } = command;
  const positionals = Object.keys(args).filter((name) => args[name]!.type === "positional");
  const last = positionals.at(-1)?.toUpperCase();
  const rendered = plain(await renderUsage({ ...command, meta: { ...meta, name: `tiercel ${meta.name}` } }))
    .replace(/^.* \(tiercel [^)]*\)\n*/, "")
    .trim();
  const usage =
    many && last !== undefined ? rendered.replace(new RegExp(`([<[])${last}([>\\]])`), `$1${last}$2…`) : rendered;
  const aliases = Object.entries(ALIASES).flatMap(([alias, name]) => (name === meta.name ? [alias] : []));
  // Paragraphs are in lines of their own width.
  const words = room === Infinity ? details : details?.replace(/\n(?=\S)/g, " ");
  return [
    ...[meta.description + (aliases.length > 0 ? ` (also: ${aliases.join(", ")})` : ""), usage, words ?? ""]
      .filter((part) => part !== "")
      .map((part) => folded(part, room)),
    ...(examples.length === 0 ? [] : [`EXAMPLES\n\n${examples.map((line) => `  ${line}`).join("\n")}`]),
    "Options of all commands: tiercel --help",
  ].join("\n\n");
}

/** What the options of all commands are. */
export async function globals(): Promise<string> {
  const rendered = plain(await renderUsage({ meta: { name: "tiercel" }, args: GLOBAL }));
  return rendered.slice(rendered.search(/^OPTIONS$/m)).trim();
}

/** The list of commands. */
function listed(commands: readonly Command[]): string {
  const most = Math.max(...commands.map(({ meta }) => meta.name.length));
  return commands.map(({ meta }) => `  ${meta.name.padEnd(most)}  ${meta.description}`).join("\n");
}

/** Help of the program. */
export async function overview(room = Infinity): Promise<string> {
  const parts = [
    "Reads, changes and looks after a Tiercel cache.",
    "USAGE tiercel COMMAND [OPTIONS]",
    `COMMANDS\n\n${listed(await all())}`,
    await globals(),
    [
      "ENVIRONMENT",
      "",
      "  TIERCEL_URL   Store, where --url is not given",
      "  TIERCEL_KEYS  Keys of encryption, the one in force first, with commas between",
      "  NO_COLOR      No colours",
    ].join("\n"),
    "EXIT CODES\n\n  0 ok, 1 miss or not found, 2 wrong usage, 3 store unreachable or unreadable, 4 refused without confirmation",
    "tiercel COMMAND --help shows more of each.",
  ];
  return folded(parts.join("\n\n"), room);
}

/** Help of a group of commands. */
export async function group(name: string, room = Infinity): Promise<string> {
  const own = (await all()).filter(({ meta }) => meta.name.startsWith(`${name} `));
  return folded(`USAGE tiercel ${name} COMMAND [OPTIONS]\n\nCOMMANDS\n\n${listed(own)}`, room);
}
