/**
 * Sharing round trips: while as many requests are under way as there are slots, plans wait, and those that have waited go
 * together in the next request.
 *
 * A server runs one transaction that writes after the other, so more requests at a time make nothing faster. They may make
 * it stand still: sqld 0.24.32 never answers again when eight write at once while it writes its log back.
 *
 * @module
 */
import { type Clock, systemClock } from "../../src/clock.ts";
import { TierTimeoutError } from "../../src/errors.ts";
import type { Plan, Row, Step } from "./driver.ts";
import { isAnswer, isDamage } from "./remote-faults.ts";

/** How a {@linkcode RemoteQueue} works. */
export interface QueueSettings {
  /** Most requests under way. With `Infinity` each plan goes by itself at once, and none waits for another. */
  readonly slots: number;
  /** How long a plan waits at most, and how long a request keeps its slot, in milliseconds. */
  readonly patience: number;
  /** Most bytes of parameters in one request. */
  readonly maxBytes: number;
  /** Runs steps in one transaction and one round trip. */
  readonly send: (steps: readonly Step[]) => Promise<readonly (readonly Row[])[]>;
  /** Default the system's, by which the database goes as well. */
  readonly clock?: Clock;
}

/** Most statements of plans that go together. */
const MOST_STEPS = 512;

/** Most plans that wait. */
const MOST_WAITING = 10_000;

interface Job {
  readonly plan: Plan<unknown>;
  readonly since: number;
  readonly bytes: number;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Plans on their way to a database, in the order in which they came. */
export class RemoteQueue {
  readonly #settings: QueueSettings;
  readonly #clock: Clock;
  #waiting: Job[] = [];
  #active = 0;

  constructor(settings: QueueSettings) {
    this.#settings = settings;
    this.#clock = settings.clock ?? systemClock;
  }

  /** Runs a plan, atomically. */
  add<T>(plan: Plan<T>): Promise<T> {
    if (this.#settings.slots === Infinity) return this.#settings.send(plan.steps).then((rows) => plan.finish(rows));
    return new Promise<T>((resolve, reject) => {
      if (this.#waiting.length >= MOST_WAITING) {
        throw new TierTimeoutError(`Gave up a plan as at most ${MOST_WAITING} may wait`);
      }
      this.#waiting.push({ plan, since: this.#clock.now(), bytes: bytesOf(plan), resolve, reject });
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#active < this.#settings.slots && this.#waiting.length > 0) {
      const jobs = this.#next();
      if (jobs.length > 0) void this.#run(jobs);
    }
  }

  /** Takes those that go next. One whose time is over is not sent: its caller has given up, and it would come too late. */
  #next(): Job[] {
    const { patience, maxBytes } = this.#settings;
    const now = this.#clock.now();
    const jobs: Job[] = [];
    let steps = 0;
    let bytes = 0;
    let taken = 0;
    for (const job of this.#waiting) {
      const isLate = now - job.since >= patience;
      steps += isLate ? 0 : job.plan.steps.length;
      bytes += isLate ? 0 : job.bytes;
      if (jobs.length > 0 && (steps > MOST_STEPS || bytes > maxBytes)) break;
      taken++;
      if (isLate) job.reject(new TierTimeoutError(`Gave up a plan as it must wait at most ${patience} ms`));
      else jobs.push(job);
    }
    this.#waiting.splice(0, taken);
    return jobs;
  }

  async #run(jobs: readonly Job[]): Promise<void> {
    this.#active++;
    let holds = true;
    const free = (): void => {
      if (!holds) return;
      holds = false;
      this.#active--;
      this.#pump();
    };
    const timer = this.#clock.setTimer(free, this.#settings.patience, true);
    await this.#together(jobs);
    this.#clock.clearTimer(timer);
    free();
  }

  /** Settles jobs, and never rejects. Of those that fail together each goes by itself, so that a bad one harms no other. */
  async #together(jobs: readonly Job[]): Promise<void> {
    let rows: readonly (readonly Row[])[];
    try {
      rows = await this.#settings.send(jobs.flatMap(({ plan }) => plan.steps));
    } catch (error) {
      if (jobs.length === 1 || !(isAnswer(error) || isDamage(error))) for (const { reject } of jobs) reject(error);
      else for (const job of jobs) await this.#together([job]);
      return;
    }
    let at = 0;
    for (const { plan, resolve, reject } of jobs) {
      const own = rows.slice(at, (at += plan.steps.length));
      try {
        resolve(plan.finish(own) as never);
      } catch (error) {
        reject(error);
      }
    }
  }
}

function bytesOf({ steps }: Plan<unknown>): number {
  let bytes = 0;
  for (const { args } of steps)
    for (const value of args) if (typeof value === "object" || typeof value === "string") bytes += value?.length ?? 0;
  return bytes;
}
