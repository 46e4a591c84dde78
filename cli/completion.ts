/**
 * Completion scripts, made of the commands themselves.
 *
 * @module
 */
import type { ArgsDef } from "citty";
import { type Command, GLOBAL } from "./command.ts";
import { usage } from "./failure.ts";

interface Option {
  readonly name: string;
  readonly description: string;
  readonly takes: "nothing" | "value" | "file" | readonly string[];
  readonly letter: string | undefined;
}

function optionsOf(args: ArgsDef): Option[] {
  return Object.entries(args).flatMap(([name, arg]) => {
    if (arg.type === "positional") return [];
    const {
      description = "",
      valueHint,
      options,
      alias,
    } = arg as {
      description?: string;
      valueHint?: string;
      options?: string[];
      alias?: string;
    };
    const takes = arg.type === "boolean" ? "nothing" : (options ?? (valueHint === "file" ? "file" : "value"));
    return [{ name, description, takes, letter: alias }];
  });
}

/** @throws {Failure} for another shell */
export function scriptFor(shell: string, commands: readonly Command[]): string {
  if (shell === "bash") return bash(commands);
  if (shell === "zsh") return zsh(commands);
  if (shell === "fish") return fish(commands);
  throw usage(`Cannot complete for ${JSON.stringify(shell.slice(0, 20))} as the shell must be bash, zsh or fish`);
}

function firstWords(commands: readonly Command[]): string[] {
  return [...new Set(commands.map(({ meta }) => meta.name.split(" ")[0]!))];
}

function secondWords(commands: readonly Command[], first: string): string[] {
  return commands.flatMap(({ meta }) => (meta.name.startsWith(`${first} `) ? [meta.name.split(" ")[1]!] : []));
}

function flags(args: ArgsDef): string {
  return optionsOf(args)
    .flatMap(({ name, letter }) => [`--${name}`, ...(letter ? [`-${letter}`] : [])])
    .join(" ");
}

function bash(commands: readonly Command[]): string {
  const groups = firstWords(commands).filter((first) => secondWords(commands, first).length > 0);
  const withFiles = commands.filter(({ args }) => args.file?.type === "positional").map(({ meta }) => meta.name);
  const choices = commands.flatMap(({ args }) => optionsOf(args)).filter(({ takes }) => Array.isArray(takes));
  return `# bash completion of tiercel
_tiercel() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" word
  local -i at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    [[ $word == -* ]] && continue
    if [[ -z $command ]]; then command="$word"
    elif [[ " ${groups.join(" ")} " == *" $command "* ]]; then command="$command $word"; break
    else break; fi
  done
  case "$before" in
    --config|--module|-c|-m) COMPREPLY=($(compgen -f -- "$current")); return ;;
${[...new Map(choices.map((one) => [one.name, one])).values()]
  .map(
    ({ name, takes }) =>
      `    --${name}) COMPREPLY=($(compgen -W "${(takes as readonly string[]).join(" ")}" -- "$current")); return ;;`,
  )
  .join("\n")}
  esac
  if [[ $current == -* ]]; then
    local options="${flags(GLOBAL)}"
    case "$command" in
${commands
  .filter(({ args }) => flags(args) !== "")
  .map(({ meta, args }) => `      "${meta.name}") options="$options ${flags(args)}" ;;`)
  .join("\n")}
    esac
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  fi
  case "$command" in
    "") COMPREPLY=($(compgen -W "${firstWords(commands).join(" ")}" -- "$current")) ;;
${groups.map((first) => `    ${first}) COMPREPLY=($(compgen -W "${secondWords(commands, first).join(" ")}" -- "$current")) ;;`).join("\n")}
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$current")) ;;
    ${withFiles.map((name) => `"${name}"`).join("|")}) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -o bashdefault -F _tiercel tiercel
`;
}

/** Text within single quotes, of descriptions in brackets. */
function quoted(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:]/g, "\\$&");
}

function zshOptions(args: ArgsDef): string[] {
  return optionsOf(args).map(({ name, description, takes }) => {
    const value =
      takes === "nothing"
        ? ""
        : takes === "file"
          ? ":file:_files"
          : takes === "value"
            ? ":value:"
            : `:value:(${takes.join(" ")})`;
    return `'*--${name}${takes === "nothing" ? "" : "="}[${quoted(description)}]${value}'`;
  });
}

function zsh(commands: readonly Command[]): string {
  const describe = (name: string, list: readonly [string, string][]): string =>
    `local -a ${name}\n      ${name}=(${list.map(([word, text]) => `'${word}:${quoted(text)}'`).join(" ")})\n      _describe command ${name}`;
  const firsts = firstWords(commands).map((first): [string, string] => [
    first,
    commands.find(({ meta }) => meta.name === first)?.meta.description ?? `Commands of ${first}`,
  ]);
  return `#compdef tiercel
# zsh completion of tiercel
_tiercel() {
  local command="" word
  local -i at
  local -a globals
  globals=(${zshOptions(GLOBAL).join(" ")})
  for ((at = 2; at < CURRENT; at++)); do
    word="\${words[at]}"
    [[ $word == -* ]] && continue
    if [[ -z $command ]]; then command="$word"
    elif [[ $command == profile ]]; then command="$command $word"; break
    else break; fi
  done
  case "$command" in
    "")
      if [[ \${words[CURRENT]} == -* ]]; then _arguments -S $globals; return; fi
      ${describe("commands", firsts)} ;;
    profile)
      ${describe(
        "commands",
        commands.flatMap(({ meta }): [string, string][] =>
          meta.name.startsWith("profile ") ? [[meta.name.split(" ")[1]!, meta.description]] : [],
        ),
      )} ;;
${commands
  .map(({ meta, args }) => {
    const files =
      meta.name === "completion"
        ? "'*:shell:(bash zsh fish)'"
        : args.file?.type === "positional"
          ? "'*:file:_files'"
          : "'*: :'";
    return `    "${meta.name}") _arguments -S $globals ${zshOptions(args).join(" ")} ${files} ;;`;
  })
  .join("\n")}
  esac
}
compdef _tiercel tiercel
`;
}

function fish(commands: readonly Command[]): string {
  const line = (condition: string, rest: string): string => `complete -c tiercel -n '${condition}' ${rest}`;
  const text = (one: string): string => `'${one.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const option = ({ name, description, takes, letter }: Option): string => {
    const value =
      takes === "nothing"
        ? ""
        : takes === "file"
          ? " -r -F"
          : takes === "value"
            ? " -x"
            : ` -x -a ${text(takes.join(" "))}`;
    return `-l ${name}${letter ? ` -s ${letter}` : ""} -d ${text(description)}${value}`;
  };
  const out = ["# fish completion of tiercel", "complete -c tiercel -f"];
  for (const one of optionsOf(GLOBAL)) out.push(`complete -c tiercel ${option(one)}`);
  for (const first of firstWords(commands)) {
    const description = commands.find(({ meta }) => meta.name === first)?.meta.description ?? `Commands of ${first}`;
    out.push(line("__fish_use_subcommand", `-a ${first} -d ${text(description)}`));
  }
  for (const { meta, args } of commands) {
    const [first, second] = meta.name.split(" ") as [string, string?];
    const seen = `__fish_seen_subcommand_from ${first}`;
    if (second !== undefined) out.push(line(seen, `-a ${second} -d ${text(meta.description)}`));
    const condition = second === undefined ? seen : `${seen}; and __fish_seen_subcommand_from ${second}`;
    for (const one of optionsOf(args)) out.push(line(condition, option(one)));
    if (args.file?.type === "positional") out.push(line(condition, "-F"));
    if (first === "completion") out.push(line(condition, "-a 'bash zsh fish'"));
  }
  return `${out.join("\n")}\n`;
}
