/**
 * What may be told of an error that a client threw: its kind, and never its text, in which clients put addresses with
 * their passwords, whole commands and values.
 *
 * @module
 */

/** First words of what a Redis server says when it refuses. */
const REFUSALS = /^(READONLY|OOM|NOAUTH|WRONGPASS|NOPERM|WRONGTYPE|LOADING|MISCONF|MASTERDOWN|CLUSTERDOWN|BUSY)\b/;

/** Name, code and status of an error, as `FetchError 401` or `Error ECONNREFUSED`; and the word by which a Redis server refuses. */
export function failureOf(error: unknown): string {
  const { name, code, status, statusCode, message } = (Object(error) ?? {}) as Record<string, unknown>;
  const words = [name, code, status ?? statusCode, REFUSALS.exec(String(message ?? ""))?.[0]];
  const known = words.filter(
    (word) => typeof word === "number" || (typeof word === "string" && /^\w{1,40}$/.test(word)),
  );
  return [...new Set(known)].join(" ") || "an error without a name";
}
