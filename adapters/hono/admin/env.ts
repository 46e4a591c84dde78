/**
 * What the router keeps with a request.
 *
 * @module
 */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { basePath } from "hono/route";
import type { SecureHeadersVariables } from "hono/secure-headers";
import { cookie, formMark, type Guard } from "./guard.ts";
import type { Admin } from "./options.ts";
import type { Page } from "./page/layout.ts";

/** Types of the context. */
export interface AdminEnv {
  Variables: SecureHeadersVariables;
}

/** Where the router is mounted, without a slash at its end. */
export function baseOf(admin: Admin, c: Context): string {
  return admin.basePath ?? basePath(c).replace(/\/+$/, "");
}

/** The path of a request below that. */
export function pathOf(c: Context): string {
  return c.req.path.slice(basePath(c).replace(/\/+$/, "").length) || "/";
}

/** Whether an answer is for a program. */
export function isApi(c: Context): boolean {
  return /^\/api(\/|$)/.test(pathOf(c));
}

/** What the page of a request knows. What the last change has said is told once. */
export function pageOf(admin: Admin, guard: Guard, c: Context<AdminEnv>): Page {
  const base = baseOf(admin, c);
  const theme = getCookie(c, "tiercel_theme");
  const said = getCookie(c, "tiercel_said");
  if (said !== undefined) setCookie(c, "tiercel_said", "", { ...cookie(c, base), maxAge: 0 });
  return {
    admin,
    base,
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    nonce: c.get("secureHeadersNonce") ?? "",
    mark: formMark(c, base),
    said: said === undefined ? undefined : { text: said.slice(1), isBad: said[0] === "!" },
    hasLogin: guard.hasLogin,
  };
}

/** Says something on the page that comes next. */
export function say(admin: Admin, c: Context, text: string, isBad = false): void {
  // Half of a pair of surrogates can be in no cookie.
  const kept = text.slice(0, 300).replace(/[\ud800-\udbff]$/, "");
  setCookie(c, "tiercel_said", `${isBad ? "!" : "."}${kept}`, {
    ...cookie(c, baseOf(admin, c)),
    maxAge: 60,
  });
}
