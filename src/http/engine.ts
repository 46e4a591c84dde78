/**
 * The HTTP cache: what is answered from the cache, and what from the origin (RFC 9111 section 4).
 *
 * @module
 */
import { describe, KeyError } from "../errors.ts";
import { type ForwardReason, type Handling, told } from "./cache-status.ts";
import { isForTheOrigin } from "./conditions.ts";
import { controlOf } from "./control.ts";
import type { Answers, Exchange, Task } from "./exchange.ts";
import { Fetches } from "./fetches.ts";
import { Flight } from "./flight.ts";
import { hasExplicitLifetime } from "./freshness.ts";
import { outdatedBy } from "./invalidation.ts";
import { withoutFragment } from "./key.ts";
import type { AnyCache, HttpRules } from "./options.ts";
import type { Place } from "./place.ts";
import { Places } from "./places.ts";
import { NOTHING_ASKED, requestControl } from "./request-control.ts";
import { RequestKeys } from "./request-key.ts";
import { type Body, plainHit, respond } from "./respond.ts";
import { ageAt, type Stored, type StoredResponse } from "./stored.ts";
import { useOf } from "./use.ts";

/** Rounds in which a request waits for others before it goes alone. */
const ROUNDS = 3;

/** The engine behind every face. */
export class HttpEngine implements Answers {
  readonly rules: HttpRules;
  readonly #keys: RequestKeys;
  readonly #places: Places;
  readonly #fetches: Fetches;

  constructor(cache: AnyCache, rules: HttpRules) {
    this.rules = rules;
    this.#keys = new RequestKeys(rules);
    this.#places = new Places(cache, rules);
    this.#fetches = new Fetches(this);
  }

  now(): number {
    return this.rules.clock.now();
  }

  /** Answers a request. Rejects with what the origin failed with, where nothing stored may stand in. */
  async handle(exchange: Exchange): Promise<Response> {
    const { request, mode } = exchange;
    const { method, headers, url } = request;
    const { rules } = this;
    if (method !== "GET" && method !== "HEAD") return this.#other(exchange);
    // Some servers leave it in the URL. It is no part of the key, so no answer may depend on it.
    if (url.includes("#")) return this.handle({ ...exchange, request: new Request(withoutFragment(url), request) });
    const isPlain = mode === undefined && this.#keys.isPlain(request);
    // Servers know the request by its identity, and have answers of their own kind.
    if (!isPlain && /websocket/i.test(headers.get("upgrade") ?? "")) return exchange.forward(request);
    if (rules.bypass?.(request)) return this.pass(exchange, { forward: "bypass" });
    if (!isPlain && isForTheOrigin(headers)) return this.pass(exchange, { forward: "bypass" });
    const primary = isPlain ? this.#keys.plain(request) : this.#keys.of(request);
    if (primary === undefined) return this.pass(exchange, { forward: "bypass", detail: "key" });
    const asked = isPlain || !rules.requestDirectives ? NOTHING_ASKED : requestControl(headers, mode);
    // Nothing of such an exchange is stored (section 5.2.1.5).
    if (asked.noStore) return this.pass(exchange, { forward: "request" });
    const place = this.#places.of(request);
    const value = place.quick(primary) ?? (await place.read(primary));
    if (isPlain && value?.kind === "response" && !value.part && !value.stream) {
      const now = this.now();
      if (useOf(value, asked, now) === "fresh") return plainHit(value, value.body, request, now, rules.cacheStatus);
    }
    return this.attempt({ ...exchange, place, primary, asked }, ROUNDS, value);
  }

  async attempt(task: Task, rounds: number, value: Stored | undefined): Promise<Response> {
    const { request, place, primary, asked } = task;
    const found = await place.find(primary, request.headers, value);
    const { record } = found;
    if (record) {
      const now = this.now();
      const use = useOf(record, asked, now);
      const canRefresh = use !== "revalidate" || task.refresh !== undefined;
      if (use !== "no" && canRefresh) {
        const answer = await this.answer(task, record, { ttl: record.lifetime - ageAt(record, now) });
        if (answer) {
          if (use === "revalidate") this.#fetches.refresh(task, found);
          return answer;
        }
        // The body is gone, or it is a part that does not have what is wanted.
        if (!record.part) return this.#fetches.fetch(task, { ...found, record: undefined }, "miss", rounds);
      }
    }
    // Section 5.2.1.7.
    if (asked.onlyIfCached) return this.#unavailable(task);
    const reason: ForwardReason = !record
      ? found.index
        ? "vary-miss"
        : "uri-miss"
      : record.part
        ? "partial"
        : "stale";
    return this.#fetches.fetch(task, found, reason, rounds);
  }

  answer(task: Task, record: StoredResponse, handling: Handling): Promise<Response | undefined> {
    const { stream } = record;
    const body: Body = stream ? { size: stream.size, open: () => task.place.body(stream.id) } : record.body;
    return respond(record, body, { request: task.request, now: this.now(), name: this.rules.cacheStatus, handling });
  }

  #unavailable({ request }: Task): Response {
    const response = new Response(request.method === "HEAD" ? null : "Gateway Timeout", {
      status: 504,
      headers: { "content-type": "text/plain", "cache-control": "no-store" },
    });
    return told(response, this.rules, { forward: "request", detail: "only-if-cached" });
  }

  async pass(exchange: Exchange, handling: Handling): Promise<Response> {
    return told(await exchange.forward(exchange.request), this.rules, handling);
  }

  /** A request of another method, and what it makes outdated. */
  async #other(exchange: Exchange): Promise<Response> {
    const { request } = exchange;
    const { method, url } = request;
    const response = await exchange.forward(request);
    const place = this.#places.of(request);
    const outdated = new Set(outdatedBy(method, url, response).flatMap((own) => this.#keys.allOf(request, own)));
    // Acknowledged before the client knows, so that its next request finds nothing old. It does not fail for that.
    await Promise.allSettled([...outdated].map((key) => this.#invalidate(place, key)));
    return this.#kept(exchange, response, place) ?? told(response, this.rules, { forward: "method" });
  }

  /** An answer to POST that is what GET would answer (RFC 9110 section 9.3.3), on its way into the cache. */
  #kept(exchange: Exchange, response: Response, place: Place): Promise<Response> | undefined {
    const { method, url, headers } = exchange.request;
    const { rules } = this;
    const location = response.headers.get("content-location");
    if (!rules.isStrict || method !== "POST" || response.status !== 200 || location === null) return undefined;
    if (!hasExplicitLifetime(response.headers, controlOf(response.headers, rules.targets), rules.isShared))
      return undefined;
    const primary = this.#keys.of(exchange.request);
    if (primary === undefined || !isSameUrl(location, url)) return undefined;
    const request = new Request(url, { headers });
    const forward = async (): Promise<Response> => response;
    const task: Task = { request, forward, waitUntil: exchange.waitUntil, place, primary, asked: NOTHING_ASKED };
    return this.#fetches.launch(task, { key: primary }, "method", new Flight(request, false, this.now()));
  }

  /** Forgets all that is stored under the key of a URL. */
  async #invalidate(place: Place, primary: string): Promise<void> {
    this.#fetches.forget(place, primary);
    await place.forget(primary);
  }

  /**
   * Forgets what is stored for a URL, in all its variants.
   *
   * @throws {KeyError} for what is no URL of http or https
   */
  async purge(url: string, request?: Request): Promise<void> {
    const href = written(url);
    const own = request ?? new Request(href);
    const key = this.#keys.of(own, href);
    if (key !== undefined) await this.#invalidate(this.#places.of(own), key);
  }
}

/**
 * A URL as servers and `fetch` have it.
 *
 * @throws {KeyError} for what is no URL of http or https
 */
function written(url: string): string {
  try {
    const { protocol, username, password, href } = new URL(url);
    if (/^https?:$/.test(protocol) && username === "" && password === "") return href;
  } catch {
    // No URL.
  }
  const received = String(url).includes("@") ? "one with credentials" : describe(url);
  throw new KeyError(`Cannot purge URL as it must be an absolute one of http or https: received ${received}`);
}

function isSameUrl(reference: string, url: string): boolean {
  try {
    return new URL(reference, url).href === new URL(url).href;
  } catch {
    return false;
  }
}
