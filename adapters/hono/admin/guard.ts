/**
 * Who may come in, and whose changes are taken.
 *
 * @module
 */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Admin } from "./options.ts";

/** How a request has shown who it is from: by a header that no other site can set, or by what a browser sends by itself. */
export type Way = "bearer" | "browser";

/** How long a session is, in seconds: twelve hours. */
const SESSION = 43_200;

const utf8 = /* @__PURE__ */ new TextEncoder();

/** Sessions and checks of one router. Nothing is kept: a session is its end, signed with the token that began it. */
export class Guard {
  readonly #admin: Admin;

  constructor(admin: Admin) {
    this.#admin = admin;
  }

  /** Whether people type a token into the page. */
  get hasLogin(): boolean {
    return this.#admin.tokens.length > 0;
  }

  /** The way that a request comes in; `undefined` where it has neither token nor session. */
  async enter(c: Context): Promise<Way | undefined> {
    if (!this.hasLogin) return "browser";
    const header = c.req.header("authorization") ?? "";
    // Another scheme is that of a proxy before us.
    if (/^bearer\b/i.test(header)) {
      const [, token = ""] = /^Bearer +([\x21-\x7e]+)$/i.exec(header) ?? [];
      return (await this.#tokenLike(token)) === undefined ? undefined : "bearer";
    }
    return (await this.#hasSession(getCookie(c, "tiercel_admin") ?? "")) ? "browser" : undefined;
  }

  /** Begins a session where the token is right; whether it is. */
  async login(c: Context, token: string, path: string): Promise<boolean> {
    const known = await this.#tokenLike(token);
    if (known === undefined) return false;
    const end = Math.floor(Date.now() / 1_000) + SESSION;
    const value = `${end}.${await this.#sign(known, end)}`;
    setCookie(c, "tiercel_admin", value, { ...cookie(c, path), maxAge: SESSION });
    return true;
  }

  /** All are compared, and each digest to its end, so that the time tells nothing. */
  async #tokenLike(given: string): Promise<string | undefined> {
    const wanted = await digest(given);
    let found: string | undefined;
    for (const token of this.#admin.tokens) if (isSame(await digest(token), wanted)) found = token;
    return found;
  }

  async #hasSession(value: string): Promise<boolean> {
    const [, end = "", signature = ""] = /^(\d{1,12})\.([0-9a-f]{64})$/.exec(value) ?? [];
    let isKnown = false;
    if (end === "") return false;
    for (const token of this.#admin.tokens)
      if (isSame(utf8.encode(await this.#sign(token, Number(end))), utf8.encode(signature))) isKnown = true;
    return isKnown && Number(end) > Date.now() / 1_000;
  }

  async #sign(token: string, end: number): Promise<string> {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", utf8.encode(token), hmac, false, ["sign"]);
    const text = `tiercel admin session of ${this.#admin.cache.name} until ${end}`;
    return hex(await crypto.subtle.sign("HMAC", key, utf8.encode(text)));
  }

  /**
   * Whether a change comes from our own page or from a program. Browsers tell the origin of every change from elsewhere, so who tells none is
   * no page; a session without it is none of ours.
   */
  isOwn(c: Context): boolean {
    const site = c.req.header("sec-fetch-site");
    const origin = c.req.header("origin");
    if (site !== undefined && site !== "same-origin") return false;
    if (origin === undefined) return site !== undefined || !this.hasLogin;
    const host = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
    if (host === undefined) return false;
    return host === new URL(c.req.url).host || this.#admin.hosts.includes(host);
  }
}

/** The mark that the forms of a browser carry besides its cookie: what another site cannot read it cannot send twice. */
export function formMark(c: Context, path: string): string {
  const known = getCookie(c, "tiercel_form");
  if (known !== undefined && /^[0-9a-f]{32}$/.test(known)) return known;
  const mark = hex(crypto.getRandomValues(new Uint8Array(16)).buffer);
  setCookie(c, "tiercel_form", mark, cookie(c, path));
  return mark;
}

/** Whether a form carries the mark of its browser. */
export function hasFormMark(c: Context, mark: unknown): boolean {
  const known = getCookie(c, "tiercel_form") ?? "";
  return /^[0-9a-f]{32}$/.test(known) && typeof mark === "string" && isSame(utf8.encode(known), utf8.encode(mark));
}

/** What all our cookies are. */
export function cookie(
  c: Context,
  path: string,
): {
  path: string;
  httpOnly: true;
  sameSite: "Strict";
  secure: boolean;
} {
  return { path: path || "/", httpOnly: true, sameSite: "Strict", secure: new URL(c.req.url).protocol === "https:" };
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(text)));
}

/** Looks at all bytes, whichever differ. */
function isSame(one: Uint8Array, another: Uint8Array): boolean {
  let difference = one.length ^ another.length;
  for (let i = 0; i < one.length; i++) difference |= one[i]! ^ (another[i] ?? 0);
  return difference === 0;
}

function hex(bytes: ArrayBufferLike): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
