/**
 * Fields that middleware before the cache has set for an answer, such as `X-Request-Id`: they are of one request, so they are not stored with what
 * routes answer, and each answer has those of its own request.
 *
 * @module
 */

/** Name and value of each. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** What tells how an answer may be cached or read: as whoever sets that means it, it is part of what routes answer. */
const OF_THE_ANSWER =
  /^(age|date|etag|expires|last-modified|location|vary|(.+-)?cache-(control|tag|status)|content-.+|surrogate-.+)$/;

/** What has been set so far. */
export function ownFields(c: { body(data: null): Response }): Fields {
  // The context tells it by an answer alone: its `res` would change how routes answer.
  const fields: [string, string][] = [];
  c.body(null).headers.forEach((value, name) => {
    if (!OF_THE_ANSWER.test(name)) fields.push([name, value]);
  });
  return fields;
}

/** Kept with an answer, and told to nobody: those that the route has taken away, or never had, as where it gives a `Response` of its own. */
const ABSENT = "tiercel-absent";

/** An answer as it would be without them, with a note of which it did not have. Cookies stay, as what sets some is not to be stored for all. */
export function withoutOwn(response: Response, own: Fields): Response {
  // A switch of protocols is the server's own.
  if (response.status < 200) return response;
  const { headers: given } = response;
  const same = own.filter(([name, value]) => name !== "set-cookie" && given.get(name) === value);
  const absent = own.filter(([name]) => !given.has(name));
  if (same.length + absent.length === 0 && !given.has(ABSENT)) return response;
  const headers = new Headers(given);
  for (const [name] of same) headers.delete(name);
  headers.delete(ABSENT);
  for (const [name] of absent) headers.append(ABSENT, name);
  return copied(response, headers);
}

/** An answer with those that it does not have itself, unless it is not to have them, and with all cookies. */
export function withOwn(response: Response, own: Fields): Response {
  if (response.status < 200) return response;
  const absent = response.headers.get(ABSENT)?.split(", ");
  const cookies = response.headers.getSetCookie();
  const missing = own.filter(
    ([name, value]) =>
      !absent?.includes(name) && (name === "set-cookie" ? !cookies.includes(value) : !response.headers.has(name)),
  );
  if (missing.length === 0 && !absent) return response;
  const headers = new Headers(response.headers);
  headers.delete(ABSENT);
  for (const [name, value] of missing) headers.append(name, value);
  return copied(response, headers);
}

function copied({ body, status, statusText }: Response, headers: Headers): Response {
  return new Response(body, { status, statusText, headers });
}
