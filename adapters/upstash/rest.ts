/**
 * Upstash's REST protocol by `fetch`: one command is one request, a JSON array, and is sent once.
 *
 * Nothing is tried again here: a read that failed is a miss, and the cache itself makes good later what a failed write or
 * invalidation has left behind. When its time is over a request is aborted.
 *
 * @module
 */
import { systemClock } from "../../src/clock.ts";
import { RedisFailure } from "../redis/failure.ts";
import type { Argument, Reply } from "../redis/link.ts";
import { userAgent } from "../sql/builtin.ts";
import { noAnswer, oddAnswer, serverFailure } from "./failure.ts";

/** Where a database is. */
export interface UpstashPlace {
  /** As in `UPSTASH_REDIS_REST_URL`: `https://…`. */
  readonly url: string;
  /** As in `UPSTASH_REDIS_REST_TOKEN`. */
  readonly token: string;
}

/** What is used of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A database that is reached by `fetch`. */
export class Rest {
  readonly #url: string;
  readonly #token: string;
  readonly #patience: number;
  readonly #fetch: Fetch;
  /** How far the region that answered last has come: no other is to answer from before. */
  #reached = "";

  /**
   * @param patience longest time of a request in milliseconds
   * @param request looked up at each call where it is left out, as tools replace the global one
   */
  constructor({ url, token }: UpstashPlace, patience: number, request: Fetch = (...args) => fetch(...args)) {
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#patience = patience;
    this.#fetch = request;
  }

  /** Sends a command; answers what Redis replied. */
  async send(command: readonly Argument[]): Promise<Reply> {
    const controller = new AbortController();
    let isLate = false;
    const late = () => {
      isLate = true;
      controller.abort();
    };
    const timer = this.#patience === Infinity ? undefined : systemClock.setTimer(late, this.#patience);
    try {
      const response = await this.request("/", controller.signal, JSON.stringify(command));
      return this.#read(response.status, await response.text());
    } catch (error) {
      if (isLate) throw new RedisFailure(`Redis failed: no answer within ${this.#patience} ms`, "TIMEOUT");
      throw error instanceof RedisFailure ? error : noAnswer(error);
    } finally {
      if (timer !== undefined) systemClock.clearTimer(timer);
    }
  }

  /** Makes a request; its answer may be of any status. */
  async request(path: string, signal: AbortSignal, body?: string): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    if (body === undefined) headers.accept = "text/event-stream";
    else headers["content-type"] = "application/json";
    if (this.#reached !== "") headers["upstash-sync-token"] = this.#reached;
    const init: RequestInit = { method: "POST", headers, signal, redirect: "manual", ...withoutCache() };
    const response = await this.#fetch(this.#url + path, body === undefined ? init : { ...init, body });
    this.#reached = response.headers.get("upstash-sync-token") ?? this.#reached;
    return response;
  }

  #read(status: number, text: string): Reply {
    let answer: { result?: Reply; error?: unknown };
    try {
      answer = JSON.parse(text) ?? {};
    } catch {
      throw oddAnswer(status);
    }
    const { result, error } = answer;
    if (typeof error === "string") throw serverFailure(error.replaceAll(this.#token, "…"));
    if (status !== 200 || result === undefined) throw oddAnswer(status);
    return result;
  }
}

/** Next.js keeps answers to POST too, unless it is told not to; Workers do not know the option, or only since late. */
function withoutCache(): { cache?: "no-store" } {
  return userAgent() === "Cloudflare-Workers" ? {} : { cache: "no-store" };
}
