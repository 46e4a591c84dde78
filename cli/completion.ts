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
    const isFile = valueHint === "file" || arg === GLOBAL.url;
    const takes = arg.type === "boolean" ? "nothing" : (options ?? (isFile ? "file" : "value"));
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

/** The options of all commands whose next word is a value, or a file. */
function valued(commands: readonly Command[], takes?: "file"): string[] {
  const options = [GLOBAL, ...commands.map(({ args }) => args)].flatMap(optionsOf);
  return [...new Set(options.filter((one) => (takes ? one.takes === takes : one.takes !== "nothing")).flatMap(spelt))];
}

function spelt({ name, letter }: Option): string[] {
  return [`--${name}`, ...(letter ? [`-${letter}`] : [])];
}

function flags(args: ArgsDef): string {
  return optionsOf(args).flatMap(spelt).join(" ");
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
  # The equals sign is a word of its own.
  if [[ $current == "=" ]]; then current=""
  elif [[ $before == "=" ]]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case "$word" in
      ${valued(commands).join("|")}) [[ \${COMP_WORDS[at+1]} == "=" ]] && at+=1; at+=1; continue ;;
      -*) continue ;;
    esac
    if [[ -z $command ]]; then command="$word"
    elif [[ " ${groups.join(" ")} " == *" $command "* ]]; then command="$command $word"; break
    else break; fi
  done
  case "$before" in
    ${valued(commands, "file").join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
${[...new Map(choices.map((one) => [one.name, one])).values()]
  .map(
    ({ name, takes }) =>
      `    --${name}) COMPREPLY=($(compgen -W "${(takes as readonly string[]).join(" ")}" -- "$current")); return ;;`,
  )
  .join("\n")}
    ${valued(commands).join("|")}) return ;;
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
  return optionsOf(args).map(({ name, description, takes, letter }) => {
    const value =
      takes === "nothing"
        ? ""
        : takes === "file"
          ? ":file:_files"
          : takes === "value"
            ? ":value:"
            : `:value:(${takes.join(" ")})`;
    const text = `[${quoted(description)}]${value}'`;
    return `'*--${name}${takes === "nothing" ? "" : "="}${text}${letter ? ` '*-${letter}${takes === "nothing" ? "" : "+"}${text}` : ""}`;
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
    case "$word" in
      ${valued(commands).join("|")}) at+=1; continue ;;
      -*) continue ;;
    esac
    if [[ -z $command ]]; then command="$word"
    elif [[ $command == profile ]]; then command="$command $word"
    else break; fi
    # What follows is completed as if there were no command.
    words[at]=()
    CURRENT+=-1 at+=-1
  done
  case "$command" in
    "")
      if [[ \${words[CURRENT]} == -* ]] || ((at > CURRENT)); then _arguments -S $globals; return; fi
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
          : "'*:argument:_message argument'";
    return `    "${meta.name}") _arguments -S $globals ${zshOptions(args).join(" ")} ${files} ;;`;
  })
  .join("\n")}
  esac
}
compdef _tiercel tiercel
`;
}

function fish(commands: readonly Command[]): string {
  const line = (words: string, rest: string): string => `complete -c tiercel -n '__tiercel_is "${words}"' ${rest}`;
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
  const out = [
    `# fish completion of tiercel
function __tiercel_is -d 'Whether the command so far, without options and their values, begins so'
  set -l words (commandline -opc)
  set -l found
  set -e words[1]
  while set -q words[1]
    switch $words[1]
      case ${valued(commands).join(" ")}
        set -e words[1]
      case '-*'
      case '*'
        set -a found $words[1]
    end
    set -e words[1]
  end
  # Each word ends with a space, so that none is the beginning of another.
  string match -qr -- "^$argv[1]" "$found "
end
complete -c tiercel -f`,
  ];
  for (const one of optionsOf(GLOBAL)) out.push(`complete -c tiercel ${option(one)}`);
  for (const first of firstWords(commands)) {
    const description = commands.find(({ meta }) => meta.name === first)?.meta.description ?? `Commands of ${first}`;
    out.push(line(" ", `-a ${first} -d ${text(description)}`));
  }
  for (const { meta, args } of commands) {
    const [first, second] = meta.name.split(" ") as [string, string?];
    if (second !== undefined) out.push(line(`${first} \\$`, `-a ${second} -d ${text(meta.description)}`));
    const words = `${meta.name} `;
    for (const one of optionsOf(args)) out.push(line(words, option(one)));
    if (args.file?.type === "positional") out.push(line(words, "-F"));
    if (first === "completion") out.push(line(words, "-a 'bash zsh fish'"));
  }
  return `${out.join("\n")}\n`;
}
