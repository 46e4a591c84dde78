import { Hono } from "hono";
import { type AdminOptions, adminRouter } from "../../../adapters/hono/mod.ts";
import { type Cache, createCache } from "../../../mod.ts";
import { suite, type TestCase } from "../../contract/mod.ts";

export const TOKEN = "a-token-of-the-test-5f1c";
export const ORIGIN = "https://example.test";

/** Pages of browsers may neither say from where they ask nor send cookies of their own making, and no such router runs there. */
const isServer = new Request(ORIGIN, { headers: { cookie: "a=b" } }).headers.get("cookie") === "a=b";

/** Tests of the router, on every runtime that it is for. */
export function siteSuite(subject: string, tests: Record<string, TestCase["run"]>): TestCase[] {
  const skip = isServer ? undefined : "a page in a browser is no server";
  return suite(subject, tests).map((test) => ({ ...test, skip }));
}

/** What a test sends. */
export interface Sent {
  method?: string;
  headers?: Record<string, string>;
  json?: unknown;
  form?: Record<string, string>;
}

/** A site with the router at /admin. */
export interface Site {
  readonly cache: Cache;
  readonly app: Hono;
  /** Asks as nobody. */
  ask(path: string, sent?: Sent): Promise<Response>;
  /** Asks with the token, and reads JSON. */
  api(path: string, sent?: Sent): Promise<{ status: number; json: Record<string, unknown> }>;
  /** A browser, with its cookies. */
  browser(): Browser;
}

/** Keeps cookies, and sends forms as a page of the site does. */
export interface Browser {
  readonly cookies: Map<string, string>;
  get(
    path: string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; text: string; location: string | null }>;
  /** Sends a form with the mark of the last page. */
  post(
    path: string,
    form: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<{ status: number; location: string | null }>;
  login(): Promise<void>;
}

export function site(
  options: Partial<AdminOptions> = {},
  cache: Cache = createCache({ name: "app", sweepInterval: 0 }),
): Site {
  const app = new Hono();
  app.route("/admin", adminRouter({ cache, auth: { token: TOKEN }, ...options }));
  const ask = async (path: string, { method, headers = {}, json, form }: Sent = {}): Promise<Response> => {
    const type = json !== undefined ? "application/json" : form && "application/x-www-form-urlencoded";
    const body = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
    return app.request(`${ORIGIN}/admin${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { ...(type && { "content-type": type }), ...headers },
      ...(body !== undefined && { body }),
    });
  };
  return {
    cache,
    app,
    ask,
    async api(path, sent = {}) {
      const response = await ask(`/api${path}`, {
        ...sent,
        headers: { authorization: `Bearer ${TOKEN}`, ...sent.headers },
      });
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    },
    browser: () => newBrowser(ask),
  };
}

function newBrowser(ask: Site["ask"]): Browser {
  const cookies = new Map<string, string>();
  let mark = "";
  const send = async (path: string, sent: Sent): Promise<Response> => {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const response = await ask(path, { ...sent, headers: { ...(cookie && { cookie }), ...sent.headers } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (/max-age=0/i.test(set)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const post: Browser["post"] = async (path, form, headers = {}) => {
    const response = await send(path, { form: { mark, ...form }, headers: { origin: ORIGIN, ...headers } });
    await response.text();
    return { status: response.status, location: response.headers.get("location") };
  };
  const get: Browser["get"] = async (path, headers = {}) => {
    const response = await send(path, { headers });
    const text = await response.text();
    mark = /name="mark" value="([0-9a-f]+)"/.exec(text)?.[1] ?? mark;
    return { status: response.status, text, location: response.headers.get("location") };
  };
  return {
    cookies,
    get,
    post,
    async login() {
      await get("/login");
      await post("/login", { token: TOKEN });
    },
  };
}
