import { createCache } from "../../../mod.ts";
import { type HttpCacheOptions, withHttpCache } from "../../../src/http/mod.ts";
import { type FakeClock, fakeClock, mapTier } from "../../contract/mod.ts";

/** What the origin of a test answers. */
export type Answer = (request: Request, count: number) => Response | Promise<Response>;

/** An origin behind a cache, with what it was asked. */
export interface Site {
  readonly clock: FakeClock;
  readonly cache: ReturnType<typeof createCache>;
  readonly asked: Request[];
  /** Asks by path; the host is `site.example`. */
  get(path: string, headers?: Record<string, string>, init?: RequestInit): Promise<Response>;
  /** The same, with the text of the body. */
  text(path: string, headers?: Record<string, string>, init?: RequestInit): Promise<string>;
  purge(url: string, request?: Request): Promise<void>;
  /** Has all work in the background done. */
  settle(): Promise<void>;
}

/** @param tiers below memory; none by default */
export function site(
  answer: Answer,
  options: HttpCacheOptions & { tiers?: boolean; cacheOptions?: object } = {},
): Site {
  const { tiers, cacheOptions, ...rest } = options;
  const clock = fakeClock();
  const lower = tiers ? { tiers: [mapTier()] } : {};
  const cache = createCache({ clock, sweepInterval: 0, ...lower, ...cacheOptions });
  const asked: Request[] = [];
  const works: Promise<unknown>[] = [];
  const handler = withHttpCache(
    async (request: Request) => {
      asked.push(request);
      return answer(request, asked.length);
    },
    cache,
    { clock, waitUntil: (work) => works.push(work), ...rest },
  );
  const get: Site["get"] = (path, headers = {}, init = {}) =>
    handler(new Request(new URL(path, "https://site.example"), { headers, ...init }));
  const settle = async (): Promise<void> => {
    while (works.length > 0) await works.pop();
  };
  return {
    clock,
    cache,
    asked,
    get,
    text: async (...args) => {
      const text = await (await get(...args)).text();
      await settle();
      return text;
    },
    purge: (url, request) => handler.purge(url, request),
    settle,
  };
}

/** A page that tells how often the origin was asked. */
export function page(headers: Record<string, string>, status = 200): Answer {
  return (_, count) => new Response(`page ${count}`, { status, headers });
}

/** A body of many chunks whose bytes tell their place. */
export function bodyOf(chunks: number, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (at === chunks) controller.close();
        else controller.enqueue(new Uint8Array(size).fill(at++ % 251));
      },
    },
    { highWaterMark: 0 },
  );
}
