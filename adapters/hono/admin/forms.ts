/**
 * What the forms of the pages do.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { deleteCookie } from "hono/cookie";
import { type AdminEnv, baseOf, say } from "./env.ts";
import { cookie, type Guard } from "./guard.ts";
import { invalidate, keyOf, viewOf } from "./keys.ts";
import type { Admin } from "./options.ts";
import { wordsOf } from "./page/invalidate.ts";
import { queryOf } from "./page/words.ts";
import { formOf, idsOf, targetOf } from "./pages.ts";
import { RequestError } from "./route.ts";

/** What a form has done, and the page that comes next. */
interface Done {
  readonly said?: string;
  readonly isBad?: boolean;
  readonly next: string;
}

/** Puts what forms do into an app. */
export function registerForms(app: Hono<AdminEnv>, admin: Admin, guard: Guard): void {
  const { cache } = admin;
  const post = (
    path: string,
    run: (form: Record<string, string>, c: Context<AdminEnv>) => Promise<Done> | Done,
  ): void => {
    app.post(path, async (c) => {
      const { said, isBad, next } = await run(await formOf(c), c);
      if (said !== undefined) say(admin, c, said, isBad);
      return c.redirect(baseOf(admin, c) + next || "/", 303);
    });
  };

  if (guard.hasLogin) {
    post("/login", async ({ token = "" }, c) =>
      (await guard.login(c, token, baseOf(admin, c)))
        ? { next: "" }
        : { said: "That is not the token.", isBad: true, next: "/login" },
    );
    post("/logout", (_, c) => {
      deleteCookie(c, "tiercel_admin", cookie(c, baseOf(admin, c)));
      return { said: "You are logged out.", next: "/login" };
    });
  }

  const entry = ({ key = "", namespace, scope, ids }: Record<string, string>) => ({
    key: keyOf(key),
    view: viewOf(cache, { namespace, scope, ids: idsOf(ids) }).view,
    next: `/entry${queryOf({ key, namespace, scope, ids })}`,
    list: `/keys${queryOf({ namespace, scope, ids })}`,
  });
  post("/entry/delete", async (form) => {
    const { view, key, list } = entry(form);
    const existed = await view.delete(key);
    return {
      said: existed ? `${form.key} is deleted from every tier.` : `${form.key} was not there any more.`,
      next: list,
    };
  });
  post("/entry/expire", async (form) => {
    const { view, key, next } = entry(form);
    const { ttl = "" } = form;
    const existed = await view.touch(key, { ttl: /^\d+$/.test(ttl) ? Number(ttl) : ttl });
    return existed
      ? { said: `The new time to live is ${ttl}.`, next }
      : { said: "It was not there any more.", isBad: true, next };
  });
  post("/entry/evict", async (form) => {
    const { view, key, next } = entry(form);
    const { tier = "" } = form;
    const existed = await view.evict(key, { tier });
    return { said: existed ? `It is dropped from ${tier}.` : `${tier} did not have it.`, next };
  });

  post("/invalidate", async (form) => {
    const what = targetOf(form);
    if (what.by === "all" && form.confirm !== cache.name)
      throw new RequestError(400, "CONFIRM", `Nothing was changed, since the name of the cache is ${cache.name}`);
    await invalidate(cache, {}, what);
    return { said: `Done: ${wordsOf(what)} is invalidated in every tier.`, next: "/invalidate" };
  });
  post("/prune", async () => {
    const pruned = await cache.prune();
    return { said: `${pruned.length} expired entries are removed.`, next: "/invalidate" };
  });

  const { profiles } = admin;
  if (!profiles) return;
  post("/profiles/use", async ({ name = "" }) => {
    await profiles.use(name);
    return { said: `Profile ${name} is in force.`, next: "/profiles" };
  });
  post("/profiles/delete", async ({ name = "" }) => {
    await profiles.delete(name);
    return { said: `Profile ${name} is deleted.`, next: "/profiles" };
  });
  post("/profiles/save", async ({ name = "", ttl, maxEntries, tags = "" }) => {
    const names = tags.split(",").map((tag) => tag.trim());
    await profiles.save({
      name,
      ...(ttl && { ttl: /^\d+$/.test(ttl) ? Number(ttl) : ttl }),
      ...(maxEntries && { maxEntries: Number(maxEntries) }),
      tags: names.filter((tag) => tag !== ""),
    });
    return { said: `Profile ${name} is saved.`, next: "/profiles" };
  });
}
