/**
 * A client of the package `@upstash/redis` that the caller has made.
 *
 * Each command goes as a pipeline of one: that is one request too, and is neither gathered with other commands of the same moment
 * into a request that is too large, nor thrown as an error that quotes the command. Retries, their pauses, and the signal
 * that ends a request are those that the client was made with.
 *
 * @module
 */

import { RedisFailure } from "../redis/failure.ts";
import type { Argument, Reply } from "../redis/link.ts";
import { noAnswer, oddAnswer, serverFailure } from "./failure.ts";

/** The slice of a `Redis` of `@upstash/redis` that is used. */
export interface UpstashClient {
  pipeline(): UpstashPipeline;
}

/** Commands that are sent together. */
export interface UpstashPipeline {
  readonly eval: (script: string, keys: string[], args: string[]) => unknown;
  readonly evalsha: (sha1: string, keys: string[], args: string[]) => unknown;
  readonly exec: (options: { keepErrors: true }) => Promise<unknown>;
}

/** Whether a target is an open client. */
export function isClient(target: unknown): target is UpstashClient {
  return typeof (target as Partial<UpstashClient> | null)?.pipeline === "function";
}

/** Sends `EVAL` and `EVALSHA`. */
export async function sendBy(client: UpstashClient, command: readonly Argument[]): Promise<Reply> {
  const [name, script, count, ...rest] = command as readonly string[];
  const keys = rest.slice(0, Number(count));
  const args = rest.slice(Number(count));
  let answers: unknown;
  try {
    const pipeline = client.pipeline();
    if (name === "EVALSHA") pipeline.evalsha(script!, keys, args);
    else pipeline.eval(script!, keys, args);
    answers = await pipeline.exec({ keepErrors: true });
  } catch (error) {
    throw clientFailure(error);
  }
  const [answer] = Array.isArray(answers) ? answers : [];
  const { result, error } = (answer ?? {}) as { result?: Reply; error?: unknown };
  if (typeof error === "string") throw serverFailure(error);
  if (typeof result !== "string") throw oddAnswer();
  return result;
}

/** Of the client's own errors only what comes from Redis is told, which begins with a word in capitals. */
function clientFailure(error: unknown): Error {
  if (error instanceof RedisFailure) return error;
  const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
  if (name === "UpstashJSONParseError") return oddAnswer();
  const told = typeof message === "string" ? message : "";
  if (/^(Command \d+ \[ ?\w* ?\] failed: )?[A-Z]{3,} /.test(told)) return serverFailure(told);
  return name === "UpstashError" ? oddAnswer() : noAnswer(error);
}
