/**
 * The HTTP cache: what is answered from the cache, and what from the origin (RFC 9111 section 4).
 *
 * @module
 */
import { hasTimers } from "../clock.ts";
import { alive, joined } from "../joined.ts";
import { cacheStatus, type ForwardReason, type Handling, withStatus } from "./cache-status.ts";
import { CONDITIONS, isForTheOrigin, requestWith, validators } from "./conditions.ts";
import { controlOf } from "./control.ts";
import { Flight, type Outcome, Unshared } from "./flight.ts";
import { hasExplicitLifetime } from "./freshness.ts";
import { outdatedBy } from "./invalidation.ts";
import { keyOf } from "./key.ts";
import { Load } from "./load.ts";
import type { AnyCache, HttpRules } from "./options.ts";
import { type Findings, Place, placeId } from "./place.ts";
import { NOTHING_ASKED, type RequestControl, requestControl } from "./request-control.ts";
import { type Body, plainHit, respond } from "./respond.ts";
import { ageAt, type Stored, type StoredResponse } from "./stored.ts";
import { selectionOf } from "./vary.ts";

/** One request, and how to have it answered without the cache. */
export interface Exchange {
  readonly request: Request;
  /** Asks the origin. The request is the client's, or one with other conditions. */
  forward(request: Request): Promise<Response>;
  /** The same when the client has its answer already; absent where that cannot be. */
  readonly refresh?: ((request: Request) => Promise<Response>) | undefined;
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** How the request wants caches to be used, for `cachedFetch`. */
  readonly mode?: string | undefined;
}

/** One request that the cache has to do with. */
export interface Task extends Exchange {
  readonly place: Place;
  /** Key of its URL. */
  readonly primary: string;
  readonly asked: RequestControl;
}

/** How a stored response may be used now. */
type Use = "fresh" | "stale" | "revalidate" | "no";

const NO_FIELDS: readonly string[] = [];

/** Rounds in which a request waits for others before it goes alone. */
const ROUNDS = 3;

/** Most views that are kept for the next request. */
const MOST_PLACES = 1_000;

/** The engine behind every face. */
export class HttpEngine {
  readonly rules: HttpRules;
  readonly #place: Place;
  /** Those of scopes. */
  readonly #places = new Map<string, Place>();
  /** Fields that make a request other than a plain one. */
  readonly #special: ReadonlySet<string>;
  readonly #flights = new Map<string, Flight>();
  readonly #unshared = new Unshared();

  constructor(cache: AnyCache, rules: HttpRules) {
    this.rules = rules;
    this.#place = new Place(cache, rules);
    this.#special = new Set([...rules.keyedFields, ...CONDITIONS, "range", "cache-control"]);
  }

  now(): number {
    return this.rules.clock.now();
  }

  /** Answers a request. Rejects with what the origin failed with, where nothing stored may stand in. */
  async handle(exchange: Exchange): Promise<Response> {
    const { request, mode } = exchange;
    const { method, headers } = request;
    const { rules } = this;
    if (method !== "GET" && method !== "HEAD") return this.#other(exchange);
    if (rules.bypass?.(request)) return this.pass(exchange, { forward: "bypass" });
    const isPlain = mode === undefined && method === "GET" && !rules.key && !this.#isSpecial(headers);
    if (!isPlain && isForTheOrigin(headers)) return this.pass(exchange, { forward: "bypass" });
    const primary = isPlain ? this.#whole(keyOf(request.url, headers, NO_FIELDS)) : this.#key(request.url, request);
    if (primary === undefined) return this.pass(exchange, { forward: "bypass", detail: "key" });
    const asked = isPlain || !rules.requestDirectives ? NOTHING_ASKED : requestControl(headers, mode);
    // Nothing of such an exchange is stored (section 5.2.1.5).
    if (asked.noStore) return this.pass(exchange, { forward: "request" });
    const place = this.#placeOf(request);
    const value = await place.read(primary);
    if (isPlain && value?.kind === "response" && !value.part && !value.stream && this.#use(value, asked) === "fresh")
      return plainHit(value, value.body, request, this.now(), rules.cacheStatus);
    return this.#attempt({ ...exchange, place, primary, asked }, ROUNDS, value);
  }

  /** Whether a request has a field that its answer from the cache may depend on, whatever it is. */
  #isSpecial(headers: Headers): boolean {
    let isSpecial = false;
    headers.forEach((_, name) => {
      isSpecial ||= this.#special.has(name);
    });
    return isSpecial;
  }

  #key(url: string, request: Request): string | undefined {
    const { key, keyedFields } = this.rules;
    // A request for another URL only after an unsafe one.
    const own = key ? key(url === request.url ? request : new Request(url, { headers: request.headers })) : url;
    return this.#whole(own === undefined ? undefined : keyOf(own, request.headers, keyedFields));
  }

  #whole(key: string | undefined): string | undefined {
    return key === undefined ? undefined : `GET ${key}`;
  }

  #placeOf(request: Request): Place {
    const view = this.rules.scope?.(request) as AnyCache | undefined;
    if (!view) return this.#place;
    const id = placeId(view);
    if (id === this.#place.id) return this.#place;
    let place = this.#places.get(id);
    if (!place) {
      place = new Place(view, this.rules);
      if (this.#places.size >= MOST_PLACES) this.#places.delete(this.#places.keys().next().value!);
      this.#places.set(id, place);
    }
    return place;
  }

  /** @param value what is under the key of the URL */
  async #attempt(task: Task, rounds: number, value: Stored | undefined): Promise<Response> {
    const { request, place, primary, asked } = task;
    const found = await place.find(primary, request.headers, value);
    const { record } = found;
    if (record) {
      const use = this.#use(record, asked);
      const canRefresh = use !== "revalidate" || task.refresh !== undefined;
      if (use !== "no" && canRefresh) {
        const answer = await this.answer(task, record, { ttl: record.lifetime - ageAt(record, this.now()) });
        if (answer) {
          if (use === "revalidate") this.#refresh(task, found);
          return answer;
        }
        // The body is gone, or it is a part that does not have what is wanted.
        if (!record.part) return this.#fetch(task, { ...found, record: undefined }, "miss", rounds);
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
    return this.#fetch(task, found, reason, rounds);
  }

  /** Whether a stored response may be used without asking (sections 4.2, 4.2.4 and 5.2.1, RFC 5861). */
  #use(record: StoredResponse, asked: RequestControl): Use {
    const age = ageAt(record, this.now());
    const left = record.lifetime - age;
    if (record.noCache || asked.noCache || age > asked.maxAge) return "no";
    if (left > 0) return left >= asked.minFresh ? "fresh" : "no";
    if (record.noStale || asked.minFresh > 0) return "no";
    // What ends now is stale already.
    if (-left < asked.maxStale) return "stale";
    return -left < record.whileRevalidate ? "revalidate" : "no";
  }

  /** The answer with what is stored; `undefined` where its body is lost or has not what is wanted. */
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
    return this.told(response, { forward: "request", detail: "only-if-cached" });
  }

  /** Asks the origin, together with others who want the same. */
  async #fetch(task: Task, found: Findings, reason: ForwardReason, rounds: number): Promise<Response> {
    const { request, place, primary } = task;
    // A request for a part or for the fields alone is nobody else's.
    if (request.method === "HEAD") return this.pass(task, { forward: reason });
    if (request.headers.has("range") && (!found.record || found.record.part))
      return this.#launch(task, found, reason, new Flight(false));
    const name = `${place.id}\n${found.key}`;
    const flight = this.#flights.get(name);
    if (!flight) {
      const own = new Flight(!this.#unshared.has(name, this.now()));
      this.#flights.set(name, own);
      const leave = (): void => {
        if (this.#flights.get(name) === own) this.#flights.delete(name);
      };
      const answer = this.#launch(task, found, reason, own, name);
      own.work.then(leave);
      return answer;
    }
    if (!flight.isOpen || rounds === 0) return this.pass(task, { forward: reason });
    // On Workers another request's body cannot be read, nor may it ever end: what it has stored can.
    if (!hasTimers()) {
      if (!(await joined(flight.settled))) this.#flights.delete(name);
      return flight.isLong
        ? this.pass(task, { forward: reason })
        : this.#attempt(task, rounds - 1, await place.read(primary));
    }
    const outcome = await flight.landed;
    const answer = await this.#joined(task, outcome, reason);
    if (answer) return answer;
    // An answer for others: which fields count is known when it is stored. Nobody waits for a long body.
    if (outcome) await flight.settled;
    return this.#again(task, primary, rounds);
  }

  /** The next try of one who has waited in vain: by now it is known what the answer depends on. */
  async #again(task: Task, primary: string, rounds: number): Promise<Response> {
    const value = await task.place.read(primary);
    return value ? this.#attempt(task, rounds - 1, value) : this.pass(task, { forward: "miss" });
  }

  async #joined(task: Task, outcome: Outcome, reason: ForwardReason): Promise<Response | undefined> {
    if (!outcome) return undefined;
    if ("error" in outcome) throw outcome.error;
    const { head, fill, record, names, selection } = outcome.landing;
    if (fill && !fill.isWhole) return undefined;
    if (selectionOf(task.request.headers, names) !== selection) return undefined;
    const handling: Handling = { forward: reason, collapsed: true };
    if (record) return this.answer(task, record, handling);
    const body: Body = fill ? { size: undefined, open: () => fill.open() } : null;
    return respond(head, body, { request: task.request, now: this.now(), name: this.rules.cacheStatus, handling });
  }

  #launch(task: Task, found: Findings, reason: ForwardReason, flight: Flight, name?: string): Promise<Response> {
    const load = new Load(this, task, found, reason, flight);
    flight.begin(load.work);
    alive(flight.settled);
    this.hold(task, load.work);
    if (name) {
      flight.landed.then((outcome) => {
        if (outcome) this.#unshared.delete(name);
        else this.#unshared.add(name, this.now());
      });
    }
    return load.answer;
  }

  /** Validates what was served stale. */
  #refresh(task: Task, found: Findings): void {
    const name = `${task.place.id}\n${found.key}`;
    if (this.#flights.has(name)) return;
    const flight = new Flight(true);
    this.#flights.set(name, flight);
    const own: Task = { ...task, request: plain(task.request), forward: task.refresh! };
    this.#launch(own, found, "stale", flight, name).then(
      (response) => response.body?.cancel(),
      () => {},
    );
    flight.work.then(() => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    });
  }

  /** Keeps the runtime alive. */
  hold({ waitUntil }: Exchange, work: Promise<unknown>): void {
    (waitUntil ?? this.rules.waitUntil)?.(work);
  }

  /** Past the cache. */
  async pass(exchange: Exchange, handling: Handling): Promise<Response> {
    return this.told(await exchange.forward(exchange.request), handling);
  }

  /** A response of the origin with Cache-Status. */
  told(response: Response, handling: Handling): Response {
    const { cacheStatus: name } = this.rules;
    if (name === false) return response;
    const value = withStatus(response.headers.get("cache-status"), cacheStatus(name, handling));
    try {
      response.headers.set("cache-status", value);
      return response;
    } catch {
      return rebuilt(response, [["cache-status", value]]);
    }
  }

  /** A request of another method, and what it makes outdated. */
  async #other(exchange: Exchange): Promise<Response> {
    const { request } = exchange;
    const { method, url } = request;
    const response = await exchange.forward(request);
    const place = this.#placeOf(request);
    const outdated = outdatedBy(method, url, response).flatMap((own) => this.#key(own, request) ?? []);
    // Acknowledged before the client knows, so that its next request finds nothing old. It does not fail for that.
    await Promise.all(outdated.map((key) => this.#invalidate(place, key))).catch(() => {});
    return this.#kept(exchange, response, place) ?? this.told(response, { forward: "method" });
  }

  /** An answer to POST that is what GET would answer (RFC 9110 section 9.3.3), on its way into the cache. */
  #kept(exchange: Exchange, response: Response, place: Place): Promise<Response> | undefined {
    const { method, url, headers } = exchange.request;
    const { rules } = this;
    const location = response.headers.get("content-location");
    if (!rules.isStrict || method !== "POST" || response.status !== 200 || location === null) return undefined;
    if (!hasExplicitLifetime(response.headers, controlOf(response.headers, rules.targets), rules.isShared))
      return undefined;
    const primary = this.#key(url, exchange.request);
    if (primary === undefined || !isSameUrl(location, url)) return undefined;
    const request = new Request(url, { headers });
    const forward = async (): Promise<Response> => response;
    const task: Task = { request, forward, waitUntil: exchange.waitUntil, place, primary, asked: NOTHING_ASKED };
    return this.#launch(task, { key: primary }, "method", new Flight(false));
  }

  /** Forgets all that is stored under the key of a URL. */
  async #invalidate(place: Place, primary: string): Promise<void> {
    // Nobody who comes now waits for what began before.
    this.#flights.delete(`${place.id}\n${primary}`);
    await place.forget(primary);
  }

  /** Forgets what is stored for a URL, in all its variants. */
  async purge(url: string, request: Request = new Request(url)): Promise<void> {
    const key = this.#key(url, request);
    if (key !== undefined) await this.#invalidate(this.#placeOf(request), key);
  }
}

function isSameUrl(reference: string, url: string): boolean {
  try {
    return new URL(reference, url).href === new URL(url).href;
  } catch {
    return false;
  }
}

/** The same request without conditions and ranges. */
function plain(request: Request): Request {
  return requestWith(request, validators(request.headers, undefined));
}

/** A response with other fields, where it can be made. */
export function rebuilt(response: Response, fields: readonly (readonly [string, string])[]): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of fields) headers.set(name, value);
  try {
    const { status, statusText, body } = response;
    return new Response(body, { status, statusText, headers });
  } catch {
    // A status that no response can be made with.
    return response;
  }
}
