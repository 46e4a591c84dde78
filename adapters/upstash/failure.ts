/**
 * What goes wrong on the way to Upstash, told anew: its client's errors have the whole command in them, answers that are none
 * may be anything, and `fetch` may quote the URL.
 *
 * @module
 */
import { failure, RedisFailure } from "../redis/failure.ts";

/** The error for one that the server has told of; what the client puts around its words is left out. */
export function serverFailure(text: string): Error {
  const [told = ""] = text.replace(/^Command (\d+ \[ ?\w* ?\] )?failed: /, "").split(", command was:");
  if (/\bNOSCRIPT\b/.test(told)) return new RedisFailure("Redis failed: the script is not known", "NOSCRIPT");
  return failure(new Error(told));
}

/** The error for an answer that is not Upstash's. */
export function oddAnswer(status?: number): Error {
  const which = status === undefined ? "an answer" : `an answer with HTTP status ${status}`;
  return new RedisFailure(`Redis failed: ${which} that is not one of Upstash`, "ANSWER");
}

/** The error for a request that had no answer. */
export function noAnswer(error: unknown): Error {
  const { name, code, cause } = (error ?? {}) as { name?: unknown; code?: unknown; cause?: { code?: unknown } };
  if (name === "AbortError" || name === "TimeoutError")
    return new RedisFailure("Redis failed: the request was aborted", "ABORTED");
  const known = [cause?.code, code].find((word): word is string => typeof word === "string" && /^\w{1,40}$/.test(word));
  return new RedisFailure(`Redis failed: no answer of Upstash${known === undefined ? "" : ` (${known})`}`, known);
}
