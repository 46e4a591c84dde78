/**
 * The routes of the pages.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { PAGE, PREVIEW, shown } from "./api-read.ts";
import type { AdminEnv } from "./env.ts";
import { pageOf } from "./env.ts";
import { type Guard, hasFormMark } from "./guard.ts";
import { History } from "./history.ts";
import {
  countHits,
  type KeyPage,
  keyOf,
  listPage,
  namespacesOf,
  type Place,
  readEntry,
  type Target,
  viewOf,
} from "./keys.ts";
import type { Admin } from "./options.ts";
import { entryPage } from "./page/entry.ts";
import { confirmPage, invalidatePage } from "./page/invalidate.ts";
import { keysPage, type Search } from "./page/keys.ts";
import { type Doings, liveParts, overview } from "./page/overview.ts";
import { loginPage, logsPage, profilesPage } from "./page/rest.ts";
import { fitting, RequestError } from "./route.ts";
import { target } from "./schemas.ts";

/** How long what the tiers said is not asked again, in milliseconds, however many look. */
const HEALTH = 1_000;

/** Puts the pages into an app. */
export function registerPages(app: Hono<AdminEnv>, admin: Admin, guard: Guard): void {
  const { cache } = admin;
  const history = new History();
  let health: { readonly at: number; readonly told: ReturnType<typeof cache.health> } | undefined;
  const doings = async (): Promise<Doings> => {
    const now = Date.now();
    const stats = cache.stats();
    history.add(stats, now);
    if (!health || now - health.at > HEALTH) health = { at: now, told: cache.health() };
    return { stats, health: await health.told.catch(() => undefined), history, isDisabled: cache.isDisabled };
  };
  const page = (c: Context<AdminEnv>) => pageOf(admin, guard, c);

  app.get("/", async (c) => c.html(overview(page(c), await doings())));
  app.get("/live", async (c) => c.html(liveParts(page(c), await doings())));

  app.get("/keys", async (c) => {
    const search = searchOf(c);
    const tiers = cache.stats().tiers.map(({ name }) => name);
    const namespaces = await namespacesOf(cache).catch(() => []);
    let found: KeyPage | undefined;
    let fault: string | undefined;
    try {
      const { ids, cursor, ...rest } = search;
      const { signal } = c.req.raw;
      const limit = Math.min(PAGE, admin.maxPageSize);
      found = await listPage(cache, { ...rest, ids: idsOf(ids), limit, signal, ...(cursor && { cursor }) });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      fault = error.message;
    }
    return c.html(keysPage(page(c), search, found, { tiers, namespaces }, Date.now(), fault), fault ? 400 : 200);
  });

  app.get("/entry", async (c) => {
    const { namespace, scope, ids } = searchOf(c);
    const text = c.req.query("key") ?? "";
    const place: Place = { namespace, scope, ids: idsOf(ids) };
    const key = keyOf(text);
    const isWhole = c.req.query("all") !== undefined;
    const room = isWhole ? admin.maxValueBytes : Math.min(PREVIEW, admin.maxValueBytes);
    const entry = await readEntry(cache, place, key);
    const explanation = await viewOf(cache, place).view.explain(key);
    const known = entry && { ...entry, value: shown(admin, text, entry.value, room) };
    return c.html(
      entryPage(page(c), { key: text, namespace, scope, ids }, known, explanation, isWhole),
      known ? 200 : 404,
    );
  });

  app.get("/invalidate", (c) => c.html(invalidatePage(page(c))));
  app.get("/invalidate/confirm", async (c) => {
    const fields = c.req.query();
    const what = targetOf(fields);
    const hits = await countHits(cache, {}, what, c.req.raw.signal).catch((error) => {
      if ((error as { code?: string }).code?.startsWith("TIER")) return undefined;
      throw error;
    });
    return c.html(confirmPage(page(c), what, hits, fields));
  });

  app.get("/logs", async (c) => {
    const limit = Math.min(PAGE, admin.maxPageSize);
    const [accesses, evictions] = await Promise.all([
      admin.accessLog?.list({ limit }).catch(() => []),
      admin.evictionLog?.list({ limit }).catch(() => []),
    ]);
    return c.html(logsPage(page(c), accesses, evictions, Date.now()));
  });

  app.get("/profiles", async (c) =>
    c.html(profilesPage(page(c), admin.profiles?.current.name, (await admin.profiles?.list()) ?? [])),
  );

  if (guard.hasLogin) app.get("/login", (c) => c.html(loginPage(page(c))));
}

/** The form of a request, if our own page has sent it. @throws {RequestError} if not */
export async function formOf(c: Context): Promise<Record<string, string>> {
  const form = await c.req.parseBody().catch(() => {
    throw new RequestError(400, "FORM", "Cannot read the form");
  });
  if (!hasFormMark(c, form.mark)) throw new RequestError(400, "FORM", "This form is too old: open its page again");
  const texts = Object.entries(form).filter((field): field is [string, string] => typeof field[1] === "string");
  return Object.fromEntries(texts.filter(([name]) => name !== "mark"));
}

function searchOf(c: Context): Search {
  const kept = (name: string): string | undefined => c.req.query(name)?.slice(0, 4_096) || undefined;
  const cursor = Number(kept("cursor") ?? 0);
  const [pattern, tag, tier, namespace, scope, ids] = ["pattern", "tag", "tier", "namespace", "scope", "ids"].map(kept);
  return {
    pattern,
    tag,
    tier,
    namespace,
    scope,
    ids,
    cursor: Number.isSafeInteger(cursor) && cursor > 0 ? cursor : undefined,
  };
}

/** Ids of a scope as they are typed. @throws {RequestError} for what is no JSON object of texts */
export function idsOf(text: string | undefined): Record<string, string> | undefined {
  if (!text) return undefined;
  try {
    const ids: unknown = JSON.parse(text);
    if (typeof ids === "object" && ids !== null && !Array.isArray(ids))
      return Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, String(id)]));
  } catch {
    // Said below.
  }
  throw new RequestError(400, "REQUEST", 'Cannot use ids as they must be JSON such as {"orgId":"acme"}');
}

/** What a form wants to invalidate. @throws {RequestError} for what cannot be */
export function targetOf({
  by,
  tags = "",
  pattern,
  scope,
  ids,
  mode,
  profile,
}: Readonly<Record<string, string>>): Target {
  if (by === "all") return { by: "all" };
  const given = {
    tags: {
      by,
      tags: tags
        .split(",")
        .map((tag) => tag.trim())
        .filter((tag) => tag !== ""),
      mode,
    },
    pattern: { by, pattern },
    scope: { by, scope, ids: idsOf(ids) ?? {}, mode },
    profile: { by, profile },
  }[by ?? ""];
  return fitting(target, "form", given ?? {}) as unknown as Target;
}
