/**
 * Messages of channels as server-sent events: for each channel a request whose answer does not end.
 *
 * @module
 */
import { EVERYTHING, type Message } from "../../src/bus/message.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import type { Listener } from "../redis/connection.ts";
import { RedisFailure } from "../redis/failure.ts";
import type { Argument } from "../redis/link.ts";
import { noAnswer, oddAnswer } from "./failure.ts";
import type { Rest } from "./rest.ts";

/**
 * An answer that has told nothing for so many milliseconds is ended and asked for again: of a connection that was cut on the way
 * nobody is told. So what is missed is made good within that time.
 */
const QUIET = 60_000;

/** Longest line, in characters. Messages are of at most a thousand keys. */
const LONGEST_LINE = 16_000_000;

/** Most characters of a message: all together at most six times as many bytes as JSON in JSON. */
const LONGEST_MESSAGE = 170_000;

/** The message of a bus, if it fits into a request; else one that says that anything may have changed. */
export function fitting(message: Argument): Argument {
  if (message.length <= LONGEST_MESSAGE) return message;
  const { origin } = JSON.parse(message as string) as Message;
  return JSON.stringify({ origin, news: [EVERYTHING] } satisfies Message);
}

/** A listener over requests. It is for one life: when one of them ends, all do. */
export function listenBy(rest: Rest, patience: number, ended: () => void, clock: Clock = systemClock): Listener {
  const channels = new Map<string, AbortController>();
  let isOver = false;
  const close = () => {
    isOver = true;
    for (const controller of channels.values()) controller.abort();
    channels.clear();
  };
  const lost = () => {
    if (isOver) return;
    close();
    ended();
  };
  return {
    async subscribe(channel, receive) {
      const controller = new AbortController();
      channels.set(channel, controller);
      const lines = new Lines(controller, patience, clock);
      await lines.open(() => rest.request(`/subscribe/${encodeURIComponent(channel)}`, controller.signal));
      // It tells first that it stands.
      if (!(await lines.next()).startsWith("subscribe,")) throw oddAnswer();
      void follow(lines, `message,${channel},`, receive).then(() => {
        if (channels.get(channel) === controller) lost();
      });
    },
    async unsubscribe(channel) {
      const controller = channels.get(channel);
      channels.delete(channel);
      controller?.abort();
    },
    close,
  };
}

/** Reads messages until the answer ends, for whatever reason. */
async function follow(lines: Lines, before: string, receive: (text: string) => void): Promise<void> {
  try {
    for (;;) {
      const line = await lines.next();
      if (line.startsWith(before)) receive(line.slice(before.length));
    }
  } catch {
    // Lost, or given up.
  }
}

/** The `data:` lines of an answer. */
class Lines {
  readonly #controller: AbortController;
  readonly #clock: Clock;
  readonly #decoder = new TextDecoder();
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #patience: number;
  #text = "";

  constructor(controller: AbortController, patience: number, clock: Clock) {
    this.#controller = controller;
    this.#clock = clock;
    this.#patience = Math.min(patience, QUIET);
  }

  async open(request: () => Promise<Response>): Promise<void> {
    const { status, body } = await this.#inTime(request);
    this.#reader = status === 200 ? body?.getReader() : undefined;
    if (this.#reader !== undefined) return;
    this.#controller.abort();
    throw oddAnswer(status);
  }

  /** @throws {Error} when the answer ends */
  async next(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end < 0) {
        await this.#more();
        continue;
      }
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 1);
      const [, data] = /^data: ?(.*?)\r?$/.exec(line) ?? [];
      if (data === undefined) continue;
      this.#patience = QUIET;
      return data;
    }
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#inTime(() => this.#reader!.read());
    if (done || this.#text.length > LONGEST_LINE) {
      this.#controller.abort();
      throw new RedisFailure("Redis failed: the answer has ended", "CLOSED");
    }
    this.#text += this.#decoder.decode(value, { stream: true });
  }

  /** Ends the request when a step of it takes too long. */
  async #inTime<T>(step: () => Promise<T>): Promise<T> {
    const timer = this.#clock.setTimer(() => this.#controller.abort(), this.#patience, true);
    try {
      return await step();
    } catch (error) {
      throw noAnswer(error);
    } finally {
      this.#clock.clearTimer(timer);
    }
  }
}
