/**
 * Events of a cache as server-sent events.
 *
 * @module
 */
import type { Context } from "hono";
import type { CacheEvent } from "../../../src/observe/events.ts";
import { eventsInside } from "./inside.ts";
import { textOf } from "./keys.ts";
import type { Admin } from "./options.ts";
import { RequestError } from "./route.ts";

/** Most events that wait for a client. */
const WAITING = 256;

/** How often a line is sent when nothing happens, in milliseconds, so that proxies leave the stream open. */
const BEAT = 15_000;

const FIELDS = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };

const open = /* @__PURE__ */ new WeakMap<Admin, { count: number }>();

/**
 * A response that lasts until its client leaves or the cache is closed. What the client does not take waits in a list of 256 events, the
 * oldest of which are lost first; the number of those is told in each event.
 *
 * @throws {RequestError} when too many are open
 */
export function eventStream(admin: Admin, c: Context): Response {
  // Nobody would read or cancel the body of an answer to HEAD.
  if (c.req.method === "HEAD") return c.body(null, 200, FIELDS);
  const streams = open.get(admin) ?? { count: 0 };
  open.set(admin, streams);
  if (streams.count >= admin.maxStreams)
    throw new RequestError(
      503,
      "TOO_MANY_STREAMS",
      `Cannot open another stream as at most ${admin.maxStreams} may be open`,
    );
  streams.count++;
  const ending = new AbortController();
  const all = eventsInside(admin.cache, WAITING, ending.signal);
  const each = all[Symbol.asyncIterator]();
  const utf8 = new TextEncoder();
  let next: Promise<IteratorResult<CacheEvent>> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    streams.count--;
    clearTimeout(timer);
    ending.abort();
  };
  if (c.req.raw.signal.aborted) end();
  else c.req.raw.signal.addEventListener("abort", end, { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(utf8.encode("retry: 5000\n\n"));
      },
      // Called when the client has taken what it was given, so that nothing else is kept for it.
      async pull(controller) {
        next ??= each.next();
        // A request has timers on every runtime.
        const beat = new Promise<undefined>((resolve) => {
          timer = setTimeout(resolve, BEAT, undefined);
          (timer as { unref?: () => void }).unref?.();
        });
        const first = await Promise.race([next, beat]);
        clearTimeout(timer);
        if (!first) return controller.enqueue(utf8.encode(": still here\n\n"));
        next = undefined;
        if (first.done) {
          end();
          return controller.close();
        }
        controller.enqueue(utf8.encode(lineOf(first.value, all.lost)));
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, FIELDS);
}

/** JSON has no line ends, so no event can begin another. Errors are told by their name, since messages of drivers may have anything in them. */
function lineOf({ name, at, event }: CacheEvent, lost: number): string {
  const { error, ...rest } = event as Record<string, unknown>;
  const key = "key" in event && event.key !== undefined ? textOf(event.key) : undefined;
  const failed = error === undefined ? undefined : error instanceof Error ? error.name : typeof error;
  return `event: cache\ndata: ${JSON.stringify({ name, at, ...rest, key, error: failed, ...(lost > 0 && { lost }) })}\n\n`;
}
