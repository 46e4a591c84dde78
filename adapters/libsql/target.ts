/**
 * What the tier is made for: an open client, or where a database is.
 *
 * @module
 */
import { ConfigError } from "../../src/errors.ts";
import { fault, text } from "../options.ts";
import type { LibsqlClient } from "./client.ts";

/** Where a database is, with the token taken out of the URL. */
export interface Place {
  readonly url: string;
  readonly authToken: string | undefined;
  readonly isFile: boolean;
}

const REMOTE = ["libsql:", "https:", "http:", "wss:", "ws:"];

/** Whether a target is an open client. */
export function isClient(target: unknown): target is LibsqlClient {
  const { batch, execute, close } = (target ?? {}) as Record<string, unknown>;
  return [batch, execute, close].every((method) => typeof method === "function");
}

/**
 * Reads a URL. Messages name its scheme alone, as the rest may hold a token.
 *
 * @throws {ConfigError} when it is none that libSQL can be reached by
 */
export function readPlace(target: string | URL, token: string | undefined): Place {
  const whole = String(target);
  const authToken = token === undefined ? undefined : text("authToken", token);
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(whole)?.[0].toLowerCase();
  if (scheme === "file:") return { url: filePlace(whole), authToken, isFile: true };
  if (scheme === undefined || !REMOTE.includes(scheme)) {
    throw fault("target", "an open client or a URL of libsql:, https:, http:, wss:, ws: or file:", scheme ?? "no URL");
  }
  let url: URL;
  try {
    url = new URL(whole);
  } catch {
    throw wrong(scheme, "must be whole");
  }
  if (url.username !== "" || url.password !== "") {
    throw wrong(scheme, "must be without user and password: use authToken");
  }
  if (url.host === "") throw wrong(scheme, "must name a host");
  if (url.hash !== "") throw wrong(scheme, "must be without #");
  const inUrl = url.searchParams.get("authToken") ?? undefined;
  url.searchParams.delete("authToken");
  for (const [name, value] of url.searchParams) {
    if (name !== "tls" || !["0", "1"].includes(value)) {
      throw wrong(scheme, "must be without parameters but authToken, tls=0 and tls=1");
    }
  }
  // Not `url.href`: what has no path gets one, which the client would put before its own.
  const path = url.pathname === "/" ? "" : url.pathname;
  return { url: `${scheme}//${url.host}${path}${url.search}`, authToken: authToken ?? inUrl, isFile: false };
}

/** A `file:` URL as the client reads it: an absolute path, or one from the working folder. */
function filePlace(whole: string): string {
  const path = whole.slice("file:".length);
  if (path === "" || path.includes("\0")) throw wrong("file:", "must name a file");
  if (path.startsWith(":memory:")) throw wrong("file:", 'must name a file: use sqlite(":memory:")');
  if (/[?#]/.test(path)) throw wrong("file:", "must be without parameters");
  return whole;
}

function wrong(scheme: string, what: string): ConfigError {
  return new ConfigError("target", `Cannot use target as its URL of ${scheme} ${what}`);
}
