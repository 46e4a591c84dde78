/**
 * Arguments: options anywhere, by the definitions of a command, and nothing that these do not know.
 *
 * @module
 */
import type { ArgDef, ArgsDef } from "citty";
import { usage } from "./failure.ts";
import { nearest } from "./nearest.ts";

/** What was given. */
export interface Given {
  readonly options: ReadonlyMap<string, readonly (string | boolean)[]>;
  readonly positionals: readonly string[];
}

/** The names of options, with those of their aliases. */
function namesOf(args: ArgsDef): Map<string, [name: string, arg: ArgDef]> {
  const names = new Map<string, [string, ArgDef]>();
  for (const [name, arg] of Object.entries(args)) {
    if (arg.type === "positional") continue;
    const { alias = [] } = arg as { alias?: string | string[] };
    for (const one of [name, ...[alias].flat()]) names.set(one, [name, arg]);
  }
  return names;
}

/**
 * Reads arguments: `--option value`, `--option=value`, `-o value`, `-abc` of options without values, and `--` before what is no option.
 *
 * @throws {Failure} for an option that there is not, with the one that was meant, and for a value that is missing or not wanted
 */
export function parse(args: ArgsDef, given: readonly string[]): Given {
  const names = namesOf(args);
  const options = new Map<string, (string | boolean)[]>();
  const positionals: string[] = [];
  const find = (text: string): [string, ArgDef] => {
    const found = names.get(text.replace(/^--?/, ""));
    const isOption = text.startsWith("--") ? text.length > 3 : text.length === 2;
    if (found && isOption) return found;
    const meant = nearest(
      text.replace(/^-+/, ""),
      [...names.keys()].filter((name) => name.length > 1),
    );
    throw usage(
      `Unknown option ${text}`,
      meant === undefined ? "see --help" : `did you mean --${meant}? A value that begins with - comes after --`,
    );
  };
  const take = (name: string, value: string | boolean): void => {
    const values = options.get(name) ?? [];
    options.set(name, [...values, value]);
  };
  const queue = [...given];
  const option = (text: string, value: string | undefined): void => {
    const [name, { type = "string", options: choices }] = find(text) as [string, ArgDef & { options?: string[] }];
    if (type === "boolean") {
      if (value !== undefined) throw usage(`Option --${name} has no value: received ${text}=${value.slice(0, 20)}`);
      take(name, true);
      return;
    }
    const taken = value ?? queue.shift();
    if (taken === undefined) throw usage(`Option --${name} must have a value: received none`);
    if (choices && !choices.includes(taken))
      throw usage(
        `Option --${name} must be one of ${choices.join(", ")}: received ${JSON.stringify(taken.slice(0, 40))}`,
      );
    take(name, taken);
  };
  for (let text = queue.shift(); text !== undefined; text = queue.shift()) {
    if (text === "--") {
      positionals.push(...queue.splice(0));
    } else if (text.startsWith("--")) {
      const at = text.indexOf("=");
      option(at < 0 ? text : text.slice(0, at), at < 0 ? undefined : text.slice(at + 1));
    } else if (text.startsWith("-") && text.length > 1 && !/^-[\d.]/.test(text)) {
      const letters = text.slice(1);
      for (let at = 0; at < letters.length; at++) {
        const letter = `-${letters[at]}`;
        const [, { type = "string" }] = find(letter);
        if (type === "boolean") {
          option(letter, undefined);
          continue;
        }
        const rest = letters.slice(at + 1);
        option(letter, rest === "" ? undefined : rest.replace(/^=/, ""));
        break;
      }
    } else positionals.push(text);
  }
  return { options, positionals };
}
