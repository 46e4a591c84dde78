/**
 * Which servers answer: a fault of one says nothing of the tier while another works.
 *
 * @module
 */
import { partial } from "../../src/stack/partial-faults.ts";
import { allOver } from "../plain/parallel.ts";
import type { MemcachedServer } from "./server.ts";

/** What is known of the servers of one store. */
export class Answering {
  readonly #servers: () => readonly MemcachedServer[];
  /** Those whose last answer was a fault. */
  readonly #failing = new WeakSet<MemcachedServer>();

  /** @param servers all of them */
  constructor(servers: () => readonly MemcachedServer[]) {
    this.#servers = servers;
  }

  /**
   * Does something with each server, and what is for it. When some fail, the others are waited for all the same.
   *
   * @param keyOf the key of what is for a server
   */
  async each<T>(
    groups: ReadonlyMap<MemcachedServer, readonly T[]>,
    keyOf: (item: T) => string,
    step: (server: MemcachedServer, some: readonly T[]) => Promise<void>,
  ): Promise<void> {
    const failed: string[] = [];
    const answers = [...groups].map(async ([server, some]) => {
      try {
        await step(server, some);
        this.#failing.delete(server);
      } catch (error) {
        this.#failing.add(server);
        for (const item of some) failed.push(keyOf(item));
        throw error;
      }
    });
    try {
      await allOver(answers);
    } catch (error) {
      if (this.#servers().some((server) => !this.#failing.has(server))) partial(error, failed);
      throw error;
    }
  }
}
