/**
 * A client of Redis over TCP, whichever it is, as far as the tier and the bus need one.
 *
 * @module
 */
import { settle } from "../../src/maybe.ts";
import type { MaybePromise } from "../../src/tier.ts";
import { builtin } from "../sql/builtin.ts";
import { evaluate, type Send } from "./evaluate.ts";
import { failure } from "./failure.ts";
import type { Argument, RedisLink, Reply } from "./link.ts";

/** A client that is open, or opens when it is needed. */
export interface Connection {
  /** Replies are text, see {@linkcode RedisLink.isText}. */
  readonly isText: boolean;
  readonly isCluster: boolean;
  /** Commands take effect in the order in which they are sent. */
  readonly isOrdered: boolean;
  /** Reads may be answered by another server than runs scripts, which is behind. Default `false`. */
  readonly readsReplicas?: boolean;
  /** Throws where it is known already that nothing can be connected. */
  check?(): void;
  readonly client: unknown;
  /** Sends a command, unless the connection is not there in time: then it is never sent. */
  readonly send: Send;
  /** What `sendAll` sends is written at once. Missing where the client does so by itself. */
  readonly gather?: <T>(sendAll: () => T) => T;
  /**
   * Opens another connection, which gets messages. It is for one life: when it is lost it stays so.
   *
   * @param ended called once when it is lost
   */
  listen(ended: () => void): Promise<Listener>;
  /** Closes what was opened here. */
  close(): MaybePromise<void>;
}

/** A connection that listens to channels. */
export interface Listener {
  /** Ends when the server has said that it stands. */
  subscribe(channel: string, receive: (text: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Closes it; `ended` is not called for that. */
  close(): void;
}

/** The link of the tier over a connection. */
export function linkOf(connection: Connection): RedisLink {
  const { isText, isCluster, isOrdered, readsReplicas = false } = connection;
  return {
    isText,
    isCluster,
    isOrdered,
    get client() {
      return connection.client;
    },
    check: () => connection.check?.(),
    run: (keys, args) => evaluate(connection.send, keys, args),
    ...(!isText && !readsReplicas && { together: (commands, key) => together(connection, commands, key) }),
    close: () => connection.close(),
  };
}

function together(
  { send, gather }: Connection,
  commands: readonly (readonly Argument[])[],
  key: string,
): Promise<readonly Reply[]> {
  const sendAll = () => Promise.all(commands.map((command) => send(command, key)));
  return settle(() => (gather === undefined ? sendAll() : gather(sendAll))).catch((error) => {
    throw failure(error);
  });
}

interface BufferClass {
  from(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array;
}

/** Node's Buffer, which clients for Node take as the only kind of bytes. */
export const NodeBuffer: () => BufferClass = () =>
  (globalThis as { Buffer?: BufferClass }).Buffer ?? builtin<{ Buffer: BufferClass }>("node:buffer")!.Buffer;

/** Arguments as such clients take them. */
export function withBuffers(command: readonly Argument[]): Argument[] {
  if (command.every((argument) => typeof argument === "string")) return command as Argument[];
  const Buffer = NodeBuffer();
  return command.map((argument) =>
    typeof argument === "string" ? argument : Buffer.from(argument.buffer, argument.byteOffset, argument.length),
  );
}

/** Whether each of these properties of an object is a function. */
export function hasMethods(object: unknown, ...names: readonly string[]): boolean {
  if (typeof object !== "object" || object === null) return false;
  return names.every((name) => typeof (object as Record<string, unknown>)[name] === "function");
}
