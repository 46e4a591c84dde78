/**
 * A connection of our own.
 *
 * A client lives as long as its connection and does not connect again by itself: the next call opens another one. So
 * there is no queue in which commands could wait for a server that comes back, and no timer while there is nothing to
 * do. A server that does not answer in time is left: it may be a connection that nobody told us was cut.
 *
 * @module
 */
import { systemClock } from "../../src/clock.ts";
import { within } from "../../src/timeout.ts";
import type { Connection, Listener } from "./connection.ts";
import { RedisFailure } from "./failure.ts";
import type { Argument, Reply } from "./link.ts";

/** Where a server is. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** Options for TLS; `undefined` without it. */
  readonly tls: object | undefined;
}

/** A client that we have opened, for one life. */
export interface OwnClient {
  readonly client: unknown;
  readonly isText: boolean;
  /** Ends when commands can be sent. */
  readonly ready: Promise<unknown>;
  readonly isAlive: boolean;
  send(command: readonly Argument[]): Promise<Reply>;
  /** Whether it is to keep the process alive. */
  hold(isHeld: boolean): void;
  listen(ended: () => void): Promise<Listener>;
  close(): void;
}

/** How long things may take, in milliseconds. */
export interface Patience {
  readonly connect: number;
  readonly command: number;
}

/** A {@linkcode Connection} of our own. */
export class OwnConnection implements Connection {
  readonly isText: boolean;
  readonly isCluster = false;
  readonly isOrdered = true;
  check?: () => void;
  readonly #open: () => Promise<OwnClient>;
  readonly #patience: Patience;
  #opening: Promise<OwnClient> | undefined;
  #current: OwnClient | undefined;
  /** When the last reply came. */
  #heardAt = 0;
  /** When each command was sent that waits for its reply, in their order. */
  readonly #sent = new Map<object, number>();
  #watch: unknown;

  constructor(isText: boolean, open: () => Promise<OwnClient>, patience: Patience) {
    this.isText = isText;
    this.#open = open;
    this.#patience = patience;
  }

  get client(): unknown {
    return this.#current?.client;
  }

  readonly send = async (command: readonly Argument[]): Promise<Reply> => {
    const start = systemClock.now();
    const client = await this.#ready();
    // Its caller has given up, and has been told that it failed.
    if (systemClock.now() - start > this.#patience.command) throw this.#late();
    const mark = {};
    if (this.#sent.size === 0) client.hold(true);
    this.#sent.set(mark, systemClock.now());
    this.#guard();
    try {
      return await client.send(command);
    } finally {
      this.#heardAt = systemClock.now();
      this.#sent.delete(mark);
      if (this.#sent.size === 0) client.hold(false);
    }
  };

  async listen(ended: () => void): Promise<Listener> {
    return (await this.#ready()).listen(ended);
  }

  close(): void {
    systemClock.clearTimer(this.#watch);
    const { isAlive } = this.#current ?? {};
    if (isAlive) this.#current!.close();
    this.#opening?.then((client) => client.close()).catch(() => {});
    this.#current = undefined;
  }

  #ready(): Promise<OwnClient> | OwnClient {
    if (this.#current?.isAlive) return this.#current;
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(): Promise<OwnClient> {
    const client = await this.#open();
    client.ready.catch(() => {});
    try {
      await within(client.ready, this.#patience.connect, systemClock, () => {
        throw new RedisFailure(`Redis failed: no connection within ${this.#patience.connect} ms`, "TIMEOUT");
      });
    } catch (error) {
      client.close();
      throw error;
    }
    client.hold(false);
    this.#sent.clear();
    this.#current = client;
    return client;
  }

  /** Closes the connection when nothing has come for too long that was waited for; all that wait fail then. */
  #guard(): void {
    const { command } = this.#patience;
    if (this.#watch !== undefined || !Number.isFinite(command)) return;
    const look = (): void => {
      this.#watch = undefined;
      const [oldest] = this.#sent.values();
      if (oldest === undefined) return;
      const left = Math.max(oldest, this.#heardAt) + command - systemClock.now();
      if (left > 0) this.#watch = systemClock.setTimer(look, left, true);
      else {
        const hung = this.#current;
        this.#current = undefined;
        hung?.close();
      }
    };
    this.#watch = systemClock.setTimer(look, command, true);
  }

  #late(): RedisFailure {
    return new RedisFailure(`Redis failed: no connection within ${this.#patience.command} ms`, "TIMEOUT");
  }
}
