/**
 * Reading the journal.
 *
 * @module
 */
import type { Change, JournalPage } from "../../src/tier.ts";
import { partsOf, textOf } from "./link.ts";
import type { Session } from "./session.ts";

/** What others changed after position `since`. */
export async function look(session: Session, since?: number): Promise<JournalPage> {
  const now = session.context.clock.now();
  const { sequence, position, parts } = await session.ask("journal", now, [], [String(since ?? "")]);
  const [isKnown, records] = parts;
  const changes = textOf(isKnown) === "1" ? partsOf(records).map((record) => readChange(textOf(record))) : [undefined];
  return { position, sequence, changes: changes.includes(undefined) ? undefined : (changes as Change[]) };
}

/** The change in one record; `undefined` when anything may have changed. */
export function readChange(record: string): Change | undefined {
  const [, kind, json] = /^\S+ ([kpt]) (.*)$/s.exec(record) ?? [];
  let told: unknown;
  try {
    told = JSON.parse(json ?? "");
  } catch {
    return undefined;
  }
  if (!Array.isArray(told) || told.length === 0 || !told.every((text) => typeof text === "string")) return undefined;
  if (kind === "k") return { by: "keys", keys: told };
  if (kind === "p") return { by: "prefix", prefix: told[0] as string };
  const [match, mode, number, ...tags] = told as string[];
  const sequence = Number(number);
  return isMatch(match) && isMode(mode) && Number.isSafeInteger(sequence)
    ? { by: "tags", tags, match, mode, sequence }
    : undefined;
}

type Invalidation = Extract<Change, { by: "tags" }>;

function isMatch(match: unknown): match is Invalidation["match"] {
  return match === "any" || match === "all" || match === "exact";
}

function isMode(mode: unknown): mode is Invalidation["mode"] {
  return mode === "delete" || mode === "expire";
}
