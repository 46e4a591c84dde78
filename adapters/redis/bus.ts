/**
 * The bus over Redis' pub/sub.
 *
 * @module
 */
import { type Bus, type BusTransport, defineBus } from "../../src/bus/bus.ts";
import { systemClock } from "../../src/clock.ts";
import type { Connection, Listener } from "./connection.ts";
import { failure } from "./failure.ts";

/** Shortest and longest pause before a lost connection is opened again, in milliseconds. */
const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;

/** A channel that was joined. */
interface Member {
  readonly receive: (message: unknown) => void;
  readonly missed: () => void;
}

/** A bus over a connection. */
export function busOver(connection: Connection, prefix: string): Bus {
  const hub = new Hub(connection);
  const transport: BusTransport = {
    open(channel, receive, missed) {
      // The cache's own name for it begins with "tiercel:".
      const name = `${prefix}:bus:${channel.slice(channel.indexOf(":") + 1)}`;
      const member = { receive, missed };
      hub.join(name, member);
      return {
        send: (message) => hub.send(name, JSON.stringify(message)),
        close: () => hub.leave(name, member),
      };
    },
  };
  const bus = defineBus(transport);
  return {
    attach(store, engine) {
      connection.check?.();
      return bus.attach(store, engine);
    },
  };
}

/** One listening connection for all channels, which is opened again when it is lost. */
class Hub {
  readonly #connection: Connection;
  readonly #channels = new Map<string, Set<Member>>();
  #listener: Listener | undefined;
  /** Grows with each life of the listener, so that what belongs to an earlier one does nothing. */
  #life = 0;
  #isOpening = false;
  #failures = 0;
  #timer: unknown;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  join(name: string, member: Member): void {
    const members = this.#channels.get(name);
    if (members !== undefined) {
      members.add(member);
      return;
    }
    this.#channels.set(name, new Set([member]));
    if (this.#listener !== undefined) void this.#subscribe(this.#listener, name);
    else if (this.#timer === undefined) void this.#open();
  }

  async send(name: string, text: string): Promise<void> {
    try {
      await this.#connection.send(["PUBLISH", name, text], name);
    } catch (error) {
      throw failure(error);
    }
  }

  async leave(name: string, member: Member): Promise<void> {
    const members = this.#channels.get(name);
    members?.delete(member);
    if (members?.size !== 0) return;
    this.#channels.delete(name);
    const listener = this.#listener;
    if (this.#channels.size > 0) {
      await listener?.unsubscribe(name).catch(() => {});
      return;
    }
    this.#life++;
    this.#listener = undefined;
    systemClock.clearTimer(this.#timer);
    this.#timer = undefined;
    listener?.close();
    await this.#connection.close();
  }

  async #open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    const life = ++this.#life;
    try {
      const listener = await this.#connection.listen(() => this.#lost(life));
      this.#isOpening = false;
      if (life !== this.#life) {
        listener.close();
        if (this.#channels.size > 0) void this.#open();
        return;
      }
      this.#listener = listener;
      await Promise.all([...this.#channels.keys()].map((name) => this.#subscribe(listener, name)));
      if (life === this.#life) this.#failures = 0;
    } catch {
      this.#isOpening = false;
      // Whoever came after all had left has relied on this attempt.
      if (life === this.#life || this.#channels.size > 0) this.#lost(this.#life);
    }
  }

  /** Messages from before it stood were missed. */
  async #subscribe(listener: Listener, name: string): Promise<void> {
    try {
      await listener.subscribe(name, (text) => this.#receive(name, text));
    } catch {
      if (listener === this.#listener) this.#lost(this.#life);
      return;
    }
    for (const { missed } of this.#channels.get(name) ?? []) missed();
  }

  #receive(name: string, text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      // No message of ours.
      return;
    }
    for (const { receive } of this.#channels.get(name) ?? []) receive(message);
  }

  #lost(life: number): void {
    if (life !== this.#life) return;
    this.#life++;
    this.#listener?.close();
    this.#listener = undefined;
    if (this.#channels.size === 0) return;
    const pause = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** Math.min(this.#failures++, 10));
    this.#timer = systemClock.setTimer(
      () => {
        this.#timer = undefined;
        if (this.#channels.size > 0) void this.#open();
      },
      pause * (0.5 + Math.random() / 2),
      true,
    );
  }
}
