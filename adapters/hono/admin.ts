/**
 * The admin router: an API and pages for one cache.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { checkOptions, TiercelError } from "../../src/errors.ts";
import { changeRoutes } from "./admin/api-change.ts";
import { observeRoutes } from "./admin/api-observe.ts";
import { readRoutes } from "./admin/api-read.ts";
import { type AdminEnv, baseOf, isApi, pageOf, pathOf } from "./admin/env.ts";
import { registerForms } from "./admin/forms.ts";
import { Guard } from "./admin/guard.ts";
import { openApi } from "./admin/openapi.ts";
import { type AdminOptions, resolveAdmin } from "./admin/options.ts";
import { ASSETS } from "./admin/page/assets.ts";
import { failurePage } from "./admin/page/rest.ts";
import { registerPages } from "./admin/pages.ts";
import { RequestError, register } from "./admin/route.ts";

/** Room in a request besides a value: its key, its tags, and what JSON puts around it. */
const AROUND = 1 << 16;

const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: [NONCE],
  styleSrc: [NONCE],
  imgSrc: ["data:"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Statuses of our errors; any other is 500, and its message stays here. */
const STATUSES: Record<string, 400 | 413 | 502 | 503 | 504> = {
  CONFIG: 400,
  KEY: 400,
  VALUE: 400,
  CODEC: 400,
  TIER_LIMIT: 413,
  TIER: 502,
  TIER_TIMEOUT: 504,
  CLOSED: 503,
};

/**
 * A router with a JSON API below `/api`, its OpenAPI document at `/api/openapi.json`, and pages for people: numbers, keys, values,
 * invalidation, logs, profiles. Nothing is asked of any other host.
 *
 * Mount it before middleware that sets a Content-Security-Policy of its own. Without `auth` it throws.
 *
 * @throws {ConfigError} for a wrong option, and where it is not said who may come in
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { createCache } from "tiercel";
 * import { adminRouter } from "tiercel/hono";
 *
 * const cache = createCache({ name: "app" });
 * const app = new Hono();
 * app.route("/admin", adminRouter({ cache, auth: { token: "at-least-16-characters" } }));
 * ```
 */
export function adminRouter(options: AdminOptions): Hono {
  checkOptions(options);
  const admin = resolveAdmin(options);
  const guard = new Guard(admin);
  const app = new Hono<AdminEnv>();
  const routes = [...readRoutes(admin), ...changeRoutes(admin), ...observeRoutes(admin)];
  const { auth } = options;

  const refuse = (
    c: Context<AdminEnv>,
    status: number,
    code: string,
    message: string,
  ): Response | Promise<Response> => {
    if (isApi(c)) return c.json({ error: { code, message } }, status as 400);
    return c.html(
      failurePage(pageOf(admin, guard, c), status === 404 ? "Not found" : "That did not work", message),
      status as 400,
    );
  };
  const tooLarge = (c: Context) =>
    refuse(c, 413, "TOO_LARGE", `Cannot take a request of more than ${admin.maxValueBytes + AROUND} bytes`);

  app.onError((error, c) => {
    if (error instanceof TiercelError && error.code in STATUSES)
      return refuse(c, STATUSES[error.code]!, error.code, error.message);
    if (error instanceof RequestError) return refuse(c, error.status, error.code, error.message);
    if (error instanceof HTTPException) return refuse(c, error.status, "REQUEST", error.message);
    return refuse(c, 500, "INTERNAL", "Something went wrong");
  });

  app.use(
    secureHeaders({
      contentSecurityPolicy,
      // Without it, browsers tell no origin with our forms.
      referrerPolicy: "same-origin",
      strictTransportSecurity: false,
    }),
  );
  for (const [path, type, text] of ASSETS)
    app.get(`/assets/${path}`, (c) =>
      c.body(text, 200, { "content-type": type, "cache-control": "public, max-age=31536000, immutable" }),
    );
  app.use(async (c, next) => {
    c.header("cache-control", "no-store");
    await next();
  });
  app.use(bodyLimit({ maxSize: admin.maxValueBytes + AROUND, onError: tooLarge }));
  if (typeof auth === "function") app.use(auth);

  app.use(async (c, next) => {
    const path = pathOf(c);
    const isWrite = c.req.method !== "GET" && c.req.method !== "HEAD";
    const isLogin = guard.hasLogin && path === "/login";
    const way = isLogin ? "browser" : await guard.enter(c);
    if (way === undefined) {
      if (!isApi(c) && !isWrite && path !== "/live") return c.redirect(`${baseOf(admin, c)}/login`);
      c.header("www-authenticate", 'Bearer realm="tiercel"');
      return refuse(c, 401, "UNAUTHORIZED", "Send the token as Authorization: Bearer, or log in");
    }
    if (isWrite && way === "browser" && !guard.isOwn(c))
      return refuse(c, 403, "FOREIGN", "This change does not come from our own page");
    const isChange = isWrite && !isLogin && path !== "/logout" && path !== "/api/count";
    if (admin.readOnly && isChange) return refuse(c, 403, "READ_ONLY", "This router may only look");
    return next();
  });

  register(app as unknown as Hono, admin, routes);
  app.get("/api/openapi.json", (c) => c.json(openApi(admin, routes, `${baseOf(admin, c)}/api`)));
  registerPages(app, admin, guard);
  registerForms(app, admin, guard);
  app.all("*", (c) => {
    // With a slash at the end, or without one: whichever it was mounted at is answered above.
    if (pathOf(c) === "/") return c.redirect(`${baseOf(admin, c)}${c.req.path.endsWith("/") ? "" : "/"}` || "/");
    return refuse(c, 404, "NOT_FOUND", "There is nothing at this address");
  });
  return app as unknown as Hono;
}
