/** A caching proxy made of `withHttpCache` and the platform's `fetch`. */
import { createCache } from "../../mod.ts";
import { withHttpCache } from "../../src/http/mod.ts";

const HOP_BY_HOP = [
  "connection",
  "host",
  "keep-alive",
  "te",
  "transfer-encoding",
  "upgrade",
  "expect",
  "content-length",
];

/** A handler that asks an origin. */
export function proxyTo(origin: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    for (const name of HOP_BY_HOP) headers.delete(name);
    const body = request.body ? await request.arrayBuffer() : null;
    const response = await fetch(`${origin}${pathname}${search}`, {
      method: request.method,
      headers,
      body,
      redirect: "manual",
    });
    const { status, statusText } = response;
    const own = new Headers(response.headers);
    // Of the connection to the origin, as the body that fetch gives is.
    for (const name of ["keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"]) own.delete(name);
    try {
      return new Response(response.body, { status, statusText, headers: own });
    } catch {
      // A status or a body that only fetch can make a response with.
      return response;
    }
  };
}

/** The proxy: an origin that cannot be reached is 502. */
export function newProxy(
  origin: string,
  profile: "safe" | "strict",
): (request: Request, ...rest: unknown[]) => Promise<Response> {
  const handler = withHttpCache<unknown[]>(proxyTo(origin), createCache({ maxEntries: 10_000 }), { profile });
  return async (request, ...rest) => {
    try {
      return await handler(request, ...rest);
    } catch {
      return new Response("Bad Gateway", { status: 502 });
    }
  };
}
