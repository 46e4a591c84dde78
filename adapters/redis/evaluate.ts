/**
 * Running the script: by its digest, and where the server does not know that yet, or any more, by its text.
 *
 * @module
 */
import { settle } from "../../src/maybe.ts";
import type { MaybePromise } from "../../src/tier.ts";
import { failure, isUnknownScript } from "./failure.ts";
import type { Argument, Reply } from "./link.ts";
import { SCRIPT } from "./scripts/script.ts";

/**
 * Sends a command and answers its reply.
 *
 * @param key one that the command works on: decides which connection takes it, where there are several
 */
export type Send = (command: readonly Argument[], key: string) => MaybePromise<Reply>;

/** The SHA-1 of the script, in hexadecimal: Redis names scripts by it. */
let digest: string | undefined;
let making: Promise<string> | undefined;

async function makeDigest(): Promise<string> {
  making ??= sha1(new TextEncoder().encode(SCRIPT));
  digest = await making;
  return digest;
}

/** The SHA-1 of bytes, as Redis writes it. */
export async function sha1(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-1", bytes as BufferSource);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Runs the script by `send`. What that throws is told anew, without what it may quote. */
export function evaluate(send: Send, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
  return digest === undefined
    ? makeDigest().then((made) => evaluateBy(made, send, keys, args))
    : evaluateBy(digest, send, keys, args);
}

function evaluateBy(sha: string, send: Send, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
  const rest = [String(keys.length), ...keys, ...args];
  // All are of one slot. The first four are the same at every call.
  const key = keys[4] ?? keys[0]!;
  const answered = settle(() => send(["EVALSHA", sha, ...rest], key));
  return answered.catch(async (error) => {
    if (!isUnknownScript(error)) throw failure(error);
    try {
      return await send(["EVAL", SCRIPT, ...rest], key);
    } catch (another) {
      throw failure(another);
    }
  });
}
