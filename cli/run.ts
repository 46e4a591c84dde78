/**
 * From arguments to an exit code.
 *
 * @module
 */
import { type Command, GLOBAL } from "./command.ts";
import { ALIASES, COMMANDS } from "./commands.ts";
import { EXIT, Failure, failureOf, usage } from "./failure.ts";
import { Interrupted, interruption, isInterrupted } from "./interrupt.ts";
import { Output, Unread } from "./output.ts";
import { type Given, parse } from "./parse.ts";
import { Session } from "./session.ts";

/** Options without values before the command, to find it: names and letters. */
const FLAGS = new Set(
  Object.entries(GLOBAL).flatMap(([name, { type, ...rest }]) =>
    type === "boolean" ? [name, ...("alias" in rest ? [String(rest.alias)] : [])] : [],
  ),
);

/** Whether the value of an option is the next argument: of letters, the first that has a value takes the rest of them, if there is one. */
function isOpen(text: string): boolean {
  if (text.startsWith("--")) return !text.includes("=") && !FLAGS.has(text.slice(2));
  const letters = [...text.slice(1)];
  const at = letters.findIndex((letter) => !FLAGS.has(letter));
  return at >= 0 && at === letters.length - 1;
}

/** The words of the command among the arguments, and all the other arguments. */
function split(given: readonly string[]): { words: string[]; rest: string[] } {
  const words: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < given.length; at++) {
    const text = given[at]!;
    if (text === "--") return { words, rest: [...rest, ...given.slice(at)] };
    if (text.startsWith("-") && text.length > 1) {
      rest.push(text);
      // Behind the name of the command its own options decide.
      if (words.length === 0 && isOpen(text)) rest.push(...given.slice(++at, at + 1));
    } else if (words.length === 0 || (words.length === 1 && isGroup(words[0]!))) words.push(text);
    else rest.push(text);
    if (words.length > 0 && !isGroup(words[0]!)) return { words, rest: [...rest, ...given.slice(at + 1)] };
  }
  return { words, rest };
}

function isGroup(word: string): boolean {
  return Object.keys(COMMANDS).some((name) => name.startsWith(`${word} `));
}

/** @throws {Failure} for a command that there is not, with the one that was meant */
async function find(words: readonly string[]): Promise<Command> {
  const name = ALIASES[words.join(" ")] ?? words.join(" ");
  const load = COMMANDS[name];
  if (load) return (await load()).default;
  const { nearest } = await import("./nearest.ts");
  const group = isGroup(words[0]!) ? `${words[0]} ` : "";
  const names = Object.keys(COMMANDS).filter((one) => one.startsWith(group));
  if (group !== "" && words.length === 1)
    throw usage(`tiercel ${words[0]} must have a command: received none`, `one of ${names.join(", ")}`);
  const meant = nearest(name, names);
  throw usage(
    `Unknown command ${JSON.stringify(name.slice(0, 40))}`,
    meant ? `did you mean tiercel ${meant}?` : "see tiercel --help",
  );
}

/** @throws {Failure} for too few or too many */
function checkPositionals({ args, many = false, meta }: Command, { positionals }: Given): void {
  const wanted = Object.entries(args).filter(([, { type }]) => type === "positional");
  const missing = wanted.filter(([, { required }]) => required !== false)[positionals.length];
  if (missing)
    throw usage(
      `tiercel ${meta.name} must have ${missing[0].toUpperCase()}: received none`,
      `see tiercel ${meta.name} --help`,
    );
  if (!many && positionals.length > wanted.length)
    throw usage(
      `tiercel ${meta.name} has at most ${wanted.length} arguments: received ${positionals.length}`,
      "put what has spaces in quotes",
    );
}

/** Runs a command line; answers with the exit code, and never throws. */
export async function run(given: readonly string[]): Promise<number> {
  let isDebug = given.includes("--debug");
  const isJson = given.includes("--json") || given.includes("-j");
  let output = new Output({ json: isJson, raw: false, quiet: false, color: !given.includes("--no-color") });
  let session: Session | undefined;
  let failure: Failure | undefined;
  let code: number = EXIT.ok;
  try {
    const { words, rest } = split(given);
    if (words.length === 0) {
      const { options } = parse(GLOBAL, rest);
      const help = await import("./help.ts");
      if (options.has("version")) await output.line(help.version());
      else if (options.has("help")) await output.line(await help.overview(output.room));
      else throw usage("tiercel must have a command: received none", "see tiercel --help");
      return EXIT.ok;
    }
    if (words.length === 1 && isGroup(words[0]!) && rest.some((text) => text === "--help" || text === "-h")) {
      await output.line(await (await import("./help.ts")).group(words[0]!, output.room));
      return EXIT.ok;
    }
    if (words[0] === "help") {
      const help = await import("./help.ts");
      const about = rest.filter((text) => !text.startsWith("-"));
      const { room } = output;
      if (about.length === 0) await output.line(await help.overview(room));
      else if (about.length === 1 && isGroup(about[0]!)) await output.line(await help.group(about[0]!, room));
      else await output.line(await help.of(await find(about), room));
      return EXIT.ok;
    }
    const command = await find(words);
    const parsed = parse({ ...GLOBAL, ...command.args }, rest);
    const has = (name: string): boolean => parsed.options.has(name);
    if (has("help")) {
      await output.line(await (await import("./help.ts")).of(command, output.room));
      return EXIT.ok;
    }
    // Of a value, where a command has that option itself.
    if (has("version") && !command.args.version) {
      await output.line((await import("./help.ts")).version());
      return EXIT.ok;
    }
    isDebug = has("debug");
    output = new Output({ json: has("json"), raw: has("raw"), quiet: has("quiet"), color: !has("no-color") });
    checkPositionals(command, parsed);
    session = new Session(parsed, output, interruption.signal);
    code = (await command.does(session)) ?? EXIT.ok;
    if (!command.tells) {
      session.check();
      const { length } = session.corrupt;
      if (length > 0)
        output.warn(`${length} ${length === 1 ? "entry" : "entries"} could not be read (is the key ring right?)`);
    }
  } catch (error) {
    failure = ended(error);
  }
  try {
    await session?.close();
  } catch (error) {
    failure ??= ended(error);
  }
  if (isInterrupted()) code = EXIT.interrupted;
  if (!failure) return code;
  if (failure.message !== "") tell(failure, output, isDebug);
  return isInterrupted() ? EXIT.interrupted : failure.exit;
}

/** What an error comes to; nothing to be told where nobody reads, or where it was asked for. */
function ended(error: unknown): Failure {
  if (error instanceof Unread) return new Failure("", EXIT.ok);
  if (error instanceof Interrupted || (interruption.signal.aborted && error === interruption.signal.reason))
    return new Failure("", isInterrupted() ? EXIT.interrupted : EXIT.ok);
  return failureOf(error);
}

function tell(failure: Failure, output: Output, isDebug: boolean): void {
  const { message, fix } = failure;
  output.error(fix === undefined ? message : `${message} (${fix})`);
  if (!isDebug) return;
  for (let error: unknown = failure; error instanceof Error; error = error.cause)
    if (error !== failure || failure.cause === undefined) console.error(error.stack);
}
