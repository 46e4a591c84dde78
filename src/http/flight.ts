/**
 * Requests that wait for the same answer of the origin (RFC 9111 section 4, "collapsed requests").
 *
 * @module
 */
import type { Fill } from "./fill.ts";
import type { StoredHead, StoredResponse } from "./stored.ts";
import type { Watch } from "./watch.ts";

/** An answer that others may have as well, and for whom. */
export interface Landing {
  readonly head: StoredHead;
  /** While the body comes. */
  readonly fill?: Fill | undefined;
  /** Where the body is there already. */
  readonly record?: StoredResponse | undefined;
  /** Fields that it depends on, and what the request had in them. */
  readonly names: readonly string[];
  readonly selection: string;
  readonly tags: readonly string[];
  /** Where it is old and stands in for a failure: the status of that, or `undefined` where nothing was to be had. */
  readonly standIn?: { readonly status: number | undefined } | undefined;
}

/** How a flight has landed: with an answer for all, one for nobody else, or a failure for all. */
export type Outcome = { readonly landing: Landing } | { readonly error: unknown } | undefined;

/** One request to the origin. */
export class Flight {
  /** The request that began it. */
  readonly request: Request;
  /** Whether others may wait for it: not where the last answer was for nobody else. */
  readonly isOpen: boolean;
  readonly startedAt: number;
  /** What is done to its keys meanwhile; none where nobody can wait for it. */
  readonly watch: Watch | undefined;
  /** Never rejects. */
  readonly landed: Promise<Outcome>;
  #land!: (outcome: Outcome) => void;
  /** Ends when the answer is stored, or is not. Never rejects. */
  work: Promise<unknown> = Promise.resolve();
  /** Ends when the answer is stored or is not, or is known to be long. Never rejects. */
  settled: Promise<unknown> = Promise.resolve();
  /** Whether the answer is known: who comes now has not waited for it. */
  hasLanded = false;
  /** Whether the answer is too long to wait for. */
  isLong = false;
  /** The answer has come, and is being stored: its key may be changed by that. */
  isKeeping = false;

  constructor(request: Request, isOpen: boolean, startedAt: number, watch?: Watch) {
    this.request = request;
    this.isOpen = isOpen;
    this.startedAt = startedAt;
    this.watch = watch;
    this.landed = new Promise((resolve) => {
      this.#land = resolve;
    });
  }

  /** To be called when it is under way. */
  begin(work: Promise<unknown>): void {
    this.work = work;
    work.then(() => this.watch?.end());
    this.settled = Promise.race([work, this.#measured()]);
  }

  async #measured(): Promise<unknown> {
    const outcome = await this.landed;
    const fill = outcome && "landing" in outcome ? outcome.landing.fill : undefined;
    await fill?.measured;
    this.isLong = fill?.isLong ?? false;
    return this.isLong ? undefined : this.work;
  }

  /** Whether a request may wait for it: what is made of redirects is another answer. */
  isFor(request: Request): boolean {
    return this.isOpen && request.redirect === this.request.redirect;
  }

  land(outcome: Outcome): void {
    this.hasLanded = true;
    this.#land(outcome);
  }
}

/** How long it is remembered that the answers of a URL are for nobody else, in milliseconds. */
const MEMORY = 10_000;
/** For how many URLs. */
const MOST = 10_000;

/** Keys whose last answer was not to be shared: their requests do not wait for each other, only to learn that again. */
export class Unshared {
  readonly #until = new Map<string, number>();

  has(key: string, now: number): boolean {
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#until.delete(key);
    return false;
  }

  add(key: string, now: number): void {
    if (this.#until.size >= MOST) this.#until.delete(this.#until.keys().next().value!);
    this.#until.set(key, now + MEMORY);
  }

  delete(key: string): void {
    this.#until.delete(key);
  }
}
