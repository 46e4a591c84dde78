/**
 * A connection to one server over node:net, which is opened when there is something to say, and opened again when it broke.
 *
 * Commands that are given in one turn of the event loop go out in one piece, and are not waited for one by one. A command that got
 * no answer is not repeated. A server that hangs keeps its connection for a while, so that what it was told before takes effect
 * before what it is told after.
 *
 * @module
 */
import { TierError } from "../../src/errors.ts";
import { failureOf } from "../plain/failure.ts";
import type { Address } from "./address.ts";
import type { Net, Socket } from "./net.ts";
import { GarbageError, joined, type Reply, ReplyReader } from "./replies.ts";
import { AT_ONCE, type Held, linesOf, type MemcachedServer } from "./server.ts";

/** A command whose answer has not come. */
interface Pending {
  /** Bytes of the command. */
  readonly size: number;
  readonly items: Map<string, Held>;
  readonly resolve: (answer: { line: string; items: ReadonlyMap<string, Held> }) => void;
  readonly reject: (error: Error) => void;
}

/** Most commands, and most bytes, that wait for a server. What is more is refused. */
const MAX_COMMANDS = 20_000;
const MAX_BYTES = 64 * 2 ** 20;
/** Pieces from this size on are sent as they are, without being copied together with others. */
const LARGE = 0x1_0000;
/** Longest time to connect, in milliseconds. */
const CONNECT_LIMIT = 5_000;
/** A server that says nothing for so long, though it is asked, is given up with its connection: 30 s. */
const SILENCE_LIMIT = 30_000;
/** Quiet time before the system asks whether the other side is still there. */
const KEEP_ALIVE = 10_000;

const encoder = /* @__PURE__ */ new TextEncoder();

/** A server with its connection. */
export class Connection implements MemcachedServer {
  readonly id: string;
  readonly #address: Address;
  readonly #net: Net;
  readonly #now: () => number;
  readonly #tier: string;
  #socket: Socket | undefined;
  #isConnected = false;
  /** In the order in which they were or will be sent. */
  #pending: Pending[] = [];
  /** Not sent yet. */
  #outgoing: Uint8Array[] = [];
  /** Of all that is pending. */
  #bytes = 0;
  #willFlush = false;
  /** When the server was last heard, or asked after a time without questions. */
  #heard = 0;

  constructor(tier: string, address: Address, net: Net, now: () => number) {
    const { host, port } = address;
    this.id = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.#tier = tier;
    this.#address = address;
    this.#net = net;
    this.#now = now;
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    return new Map([...(await this.getHeld(keys))].map(([key, { bytes }]) => [key, bytes]));
  }

  async getHeld(keys: readonly string[]): Promise<ReadonlyMap<string, Held>> {
    const answers = await Promise.all(linesOf(keys).map((some) => this.#send(`gets ${some.join(" ")}`)));
    return answers.length === 1 ? answers[0]!.items : new Map(answers.flatMap(({ items }) => [...items]));
  }

  async set(key: string, bytes: Uint8Array, expires: number): Promise<void> {
    await this.#expect(this.#send(`set ${key} 0 ${expires} ${bytes.length}`, bytes), "STORED");
  }

  add(key: string, bytes: Uint8Array, expires: number): Promise<boolean> {
    return this.#expect(this.#send(`add ${key} 0 ${expires} ${bytes.length}`, bytes), "STORED", "NOT_STORED");
  }

  replace(key: string, bytes: Uint8Array, expires: number, unique: string): Promise<boolean> {
    const sent = this.#send(`cas ${key} 0 ${expires} ${bytes.length} ${unique}`, bytes);
    return this.#expect(sent, "STORED", "EXISTS", "NOT_FOUND");
  }

  async delete(key: string): Promise<void> {
    await this.#expect(this.#send(`delete ${key}`), "DELETED", "NOT_FOUND");
  }

  /** Ends the connection. What has no answer yet is rejected. */
  close(): void {
    this.#fail("the connection was closed");
  }

  /** Whether the answer is the first of those that may come. */
  async #expect(sent: Promise<{ line: string }>, yes: string, ...no: readonly string[]): Promise<boolean> {
    const { line } = await sent;
    if (line === yes) return true;
    if (no.includes(line)) return false;
    throw this.#error("another answer");
  }

  #send(line: string, data?: Uint8Array): Promise<{ line: string; items: ReadonlyMap<string, Held> }> {
    const now = this.#now();
    if (this.#pending.length === 0) this.#heard = now;
    else if (now - this.#heard > (this.#isConnected ? SILENCE_LIMIT : CONNECT_LIMIT)) this.#fail("no answer in time");
    if (this.#pending.length >= MAX_COMMANDS || this.#bytes >= MAX_BYTES) {
      return Promise.reject(this.#error("too many commands without an answer"));
    }
    const head = encoder.encode(`${line}\r\n`);
    const parts = data === undefined ? [head] : [head, data, encoder.encode("\r\n")];
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    return new Promise((resolve, reject) => {
      this.#pending.push({ size, items: new Map(), resolve, reject });
      this.#outgoing.push(...parts);
      this.#bytes += size;
      if (this.#socket === undefined) this.#connect(now);
      else this.#socket.ref();
      if (this.#willFlush || !this.#isConnected) return;
      this.#willFlush = true;
      queueMicrotask(() => this.#flush());
    });
  }

  #flush(): void {
    this.#willFlush = false;
    if (!this.#isConnected || this.#outgoing.length === 0) return;
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    let small: Uint8Array[] = [];
    const flush = (): void => {
      if (small.length > 0) this.#socket?.write(joined(small));
      small = [];
    };
    for (const part of outgoing) {
      if (part.length < LARGE) small.push(part);
      else {
        flush();
        this.#socket?.write(part);
      }
    }
    flush();
  }

  #connect(now: number): void {
    this.#heard = now;
    const { host, port, login } = this.#address;
    let socket: Socket;
    try {
      socket = this.#net.connect({ host, port });
    } catch (error) {
      this.#fail(failureOf(error));
      return;
    }
    this.#socket = socket;
    const reader = new ReplyReader();
    const isCurrent = (): boolean => this.#socket === socket;
    socket.on("connect", () => {
      if (!isCurrent()) return;
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE);
      this.#isConnected = true;
      this.#heard = this.#now();
      if (login !== undefined) this.#login(login.user, login.password);
      this.#flush();
    });
    socket.on("data", (chunk) => {
      if (!isCurrent()) return;
      this.#heard = this.#now();
      try {
        for (const reply of reader.push(chunk)) if (isCurrent()) this.#answer(reply);
      } catch (error) {
        this.#fail(error instanceof GarbageError ? error.message : "what no memcached says");
      }
    });
    socket.on("error", (error) => {
      if (isCurrent()) this.#fail(failureOf(error));
    });
    socket.on("close", () => {
      if (isCurrent()) this.#fail("the end of the connection");
    });
  }

  /** ASCII authentication: a `set` of any key, before all else. */
  #login(user: string, password: string): void {
    const words = encoder.encode(`${user} ${password}`);
    const resolve: Pending["resolve"] = ({ line }) => {
      if (line !== "STORED") this.#fail("a refusal of the login");
    };
    this.#pending.unshift({ size: 0, items: new Map(), resolve, reject: () => {} });
    // A server that asks for no login takes it for an item, which is over at once.
    const head = encoder.encode(`set login 0 ${AT_ONCE} ${words.length}\r\n`);
    this.#outgoing.unshift(head, words, encoder.encode("\r\n"));
  }

  #answer({ line, data }: Reply): void {
    const pending = this.#pending[0];
    if (pending === undefined) {
      this.#fail("an answer to nothing");
      return;
    }
    if (data !== undefined) {
      const [, key, , , unique = ""] = line.split(" ");
      pending.items.set(key!, { bytes: data, unique });
      return;
    }
    if (/^(CLIENT_)?ERROR\b/.test(line)) {
      // It may have taken data for commands.
      this.#fail(/authenticat/.test(line) ? "a refusal of the login" : "an error of the protocol");
      return;
    }
    this.#pending.shift();
    this.#bytes -= pending.size;
    // Who waits for nothing does not keep the process alive.
    if (this.#pending.length === 0) this.#socket?.unref();
    if (line.startsWith("SERVER_ERROR")) pending.reject(this.#error(line.slice(0, 80)));
    else pending.resolve({ line, items: pending.items });
  }

  #fail(reason: string): void {
    const [socket, pending] = [this.#socket, this.#pending];
    this.#socket = undefined;
    this.#isConnected = false;
    this.#pending = [];
    this.#outgoing = [];
    this.#bytes = 0;
    socket?.destroy();
    for (const { reject } of pending) reject(this.#error(reason));
  }

  #error(reason: string): TierError {
    return new TierError(this.#tier, `Cannot reach memcached at ${this.id} for tier ${this.#tier}: received ${reason}`);
  }
}
