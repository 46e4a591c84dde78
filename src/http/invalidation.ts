/**
 * What unsafe requests make outdated (RFC 9111 section 4.4).
 *
 * @module
 */

/** Safe methods (RFC 9110 section 9.2.1, and QUERY). */
const SAFE = ["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"];

/** URLs that a response makes outdated: that of the request, and those of the same origin in Location and Content-Location. */
export function outdatedBy(method: string, url: string, response: Pick<Response, "status" | "headers">): string[] {
  if (SAFE.includes(method) || response.status < 200 || response.status > 399) return [];
  const own = new URL(url);
  own.hash = "";
  const urls = new Set([own.href]);
  for (const name of ["location", "content-location"]) {
    const value = response.headers.get(name);
    if (value === null) continue;
    try {
      const other = new URL(value, own);
      other.hash = other.username = other.password = "";
      // What is on another server is not for this one to say.
      if (other.origin === own.origin) urls.add(other.href);
    } catch {
      // No URL.
    }
  }
  return [...urls];
}
