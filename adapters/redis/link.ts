/**
 * The seam between the tier and a client: all that the tier asks of Redis is to run the script.
 *
 * @module
 */
import type { MaybePromise } from "../../src/tier.ts";

/** A reply. Bulk strings are bytes where the client can give them, else text. */
export type Reply = null | number | string | Uint8Array | readonly Reply[];

/** An argument of a command. */
export type Argument = string | Uint8Array;

/** A connection to Redis, of whatever kind. */
export interface RedisLink {
  /** Arguments and replies are text alone, so that payloads are kept as base64. */
  readonly isText: boolean;
  /** Keys may be on their way between nodes: the script touches those alone that it is told of. */
  readonly isCluster: boolean;
  /** What is sent takes effect in the order of the calls. Not where it goes by several connections, or each by a request of its own. */
  readonly isOrdered: boolean;
  /** The client underneath, where there is one. */
  readonly client: unknown;
  /**
   * Runs the script, by its digest where the server knows it.
   *
   * @param keys of one hash slot, at least one
   * @throws {Error} without secrets, values and commands
   */
  run(keys: readonly string[], args: readonly Argument[]): Promise<Reply>;
  /**
   * Sends some commands together, which take effect one after the other; what others do may come between. Only where the
   * client sends them in one round trip, to the server that runs the script, and gives the bytes of bulk strings.
   *
   * @param key one that all work on
   * @throws {Error} without secrets, values and commands
   */
  readonly together?: (commands: readonly (readonly Argument[])[], key: string) => Promise<readonly Reply[]>;
  /** Throws where it is known already that nothing can be connected. */
  check?(): void;
  /** Closes what the link opened itself. */
  close(): MaybePromise<void>;
}

/** The bytes of a reply or a part of one. */
export function bytesOf(reply: Reply | undefined): Uint8Array | undefined {
  if (typeof reply === "string") return new TextEncoder().encode(reply);
  return reply instanceof Uint8Array ? reply : undefined;
}

// A key may begin with U+FEFF.
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of a reply or a part of one; of anything else the empty text. */
export function textOf(reply: Reply | undefined): string {
  if (typeof reply === "string") return reply;
  return reply instanceof Uint8Array ? decoder.decode(reply) : typeof reply === "number" ? String(reply) : "";
}

/** Whether a reply or a part of one is this text, which is ASCII. */
export function isText(reply: Reply | undefined, text: string): boolean {
  if (!(reply instanceof Uint8Array)) return reply === text;
  if (reply.length !== text.length) return false;
  for (let at = 0; at < reply.length; at++) if (reply[at] !== text.charCodeAt(at)) return false;
  return true;
}

/** The whole number, at least 0, in a reply or a part of one; of anything else NaN. */
export function numberOf(reply: Reply | undefined): number {
  if (!(reply instanceof Uint8Array))
    return typeof reply === "string" && /^\d+$/.test(reply) ? Number(reply) : Number.NaN;
  return digitsAt(reply, 0, reply.length);
}

/** The whole number in some bytes, in decimal; NaN for anything else. */
export function digitsAt(bytes: Uint8Array, start: number, end: number): number {
  let number = start < end ? 0 : Number.NaN;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : Number.NaN;
  }
  return number;
}

/** The parts of a reply; of anything else none. */
export function partsOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}
