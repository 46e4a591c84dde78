/**
 * Where responses come from, which only what the platform's `fetch` gives can say by itself.
 *
 * @module
 */

/** The same response, which says where it comes from, and whose clones do too. */
export function located(
  response: Response,
  { url, redirected }: { readonly url: string; readonly redirected: boolean },
): Response {
  const clone = (): Response => located(Response.prototype.clone.call(response), { url, redirected });
  return Object.defineProperties(response, {
    url: { value: url },
    redirected: { value: redirected },
    clone: { value: clone },
  });
}
