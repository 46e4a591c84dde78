/**
 * The script as Upstash runs it: that of Redis over TCP, with its reply made to fit; and running it.
 *
 * @module
 */
import { RedisFailure } from "../redis/failure.ts";
import type { Argument, Reply } from "../redis/link.ts";
import { SCRIPT } from "../redis/scripts/script.ts";
import { TRIM } from "./pages.ts";
import { PACK, unpack } from "./reply.ts";

/** Sends a command in a request of its own; answers what Redis replied. */
export type Send = (command: readonly Argument[]) => Promise<Reply>;

/** Its text. It is sent where its digest is not known, so that requests must have room for it. */
export const PACKED_SCRIPT: string = [
  "local function main()\n",
  SCRIPT,
  "\nend",
  PACK,
  TRIM,
  "local reply = main()\nif type(reply) == 'table' and reply.err then return reply end\nreturn packed(trimmed(reply))",
].join("");

let digest: string | undefined;

/** The SHA-1 of the script, in hexadecimal: Redis names scripts by it. On Workers no request may wait for what another has begun. */
async function digestOf(): Promise<string> {
  if (digest !== undefined) return digest;
  const hash = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(PACKED_SCRIPT));
  digest = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digest;
}

/** Runs the script: by its digest, and where the database does not know that yet, or any more, by its text. */
export async function evaluate(send: Send, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
  const rest = [String(keys.length), ...keys, ...args];
  try {
    return unpack(await send(["EVALSHA", await digestOf(), ...rest]));
  } catch (error) {
    if (!(error instanceof RedisFailure && error.code === "NOSCRIPT")) throw error;
  }
  return unpack(await send(["EVAL", PACKED_SCRIPT, ...rest]));
}
