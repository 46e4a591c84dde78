/**
 * Requests as the engine has them in hand, and what answers them.
 *
 * @module
 */
import type { Handling } from "./cache-status.ts";
import type { HttpRules } from "./options.ts";
import type { Place } from "./place.ts";
import type { RequestControl } from "./request-control.ts";
import type { Stored, StoredResponse } from "./stored.ts";

/** One request, and how to have it answered without the cache. */
export interface Exchange {
  readonly request: Request;
  /** Asks the origin. The request is the client's, or one with other conditions. */
  forward(request: Request): Promise<Response>;
  /** The same when the client has its answer already; absent where that cannot be. */
  readonly refresh?: ((request: Request) => Promise<Response>) | undefined;
  /** Whether the origin can be asked but once, so that what is stored must be whole before anything is asked about it. */
  readonly isOnce?: boolean | undefined;
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** Whether others who ask for the same may have redirects followed, so that none is an answer for all. */
  readonly isFetch?: boolean | undefined;
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

/** What answers requests, as those see it that ask the origin for it. */
export interface Answers {
  readonly rules: HttpRules;
  now(): number;
  /** Answers with what is under the key of the URL, or asks the origin, in so many rounds of waiting for others. */
  attempt(task: Task, rounds: number, value: Stored | undefined): Promise<Response>;
  /** The answer with what is stored; `undefined` where its body is lost or has not what is wanted. */
  answer(task: Task, record: StoredResponse, handling: Handling): Promise<Response | undefined>;
  /** Past the cache. */
  pass(exchange: Exchange, handling: Handling): Promise<Response>;
}
