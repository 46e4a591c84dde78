/**
 * Hono, `tiercel/hono`: the admin router, and the HTTP cache as middleware.
 *
 * @module
 */

export type { AdminAuth, AdminOptions } from "./admin/options.ts";
export { adminRouter } from "./admin.ts";
export {
  type HonoApp,
  type HonoContext,
  type ResponseCache,
  type ResponseCacheOptions,
  responseCache,
} from "./response-cache.ts";
