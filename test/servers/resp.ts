/** A raw connection to Redis (protocol RESP2), binary-safe: what is sent and answered is seen as it is. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** An error reply, as `WRONGTYPE Operation against …`. */
export class RespError extends Error {
  override name = "RespError";
}

/** A status reply, as `OK`. */
export class RespStatus {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Bulk strings are bytes; an error within an array is a value of it. */
export type Reply = RespStatus | RespError | number | Uint8Array | null | Reply[];

export interface Wire {
  /** Sends a command, behind those that wait for their replies. Error replies are thrown. */
  send(...command: (string | number | Uint8Array)[]): Promise<Reply>;
  /** The same with a reply that is bytes or a status, as text. */
  text(...command: (string | number | Uint8Array)[]): Promise<string>;
  /** As `send`, with error replies as values; rejects when the connection fails. */
  exchange(command: readonly (string | number | Uint8Array)[]): Promise<Reply>;
  /** Writes a command whose replies all go to `onPush`, as SUBSCRIBE. */
  write(command: readonly (string | number | Uint8Array)[]): void;
  /** Gets every reply that no command waits for, as messages of channels are. */
  onPush: ((reply: Reply) => void) | undefined;
  /** Called once when the connection has ended. */
  onEnd: (() => void) | undefined;
  close(): void;
}

/**
 * Connects within 20 seconds, and logs in when there is a password.
 *
 * @param options.ca certificate (PEM) that the server's one is checked with: TLS is used
 */
export async function connectRedis(options: {
  port: number;
  password?: string | undefined;
  ca?: string | undefined;
}): Promise<Wire> {
  const { port, ca, password } = options;
  const socket: Socket =
    ca === undefined
      ? connectTcp({ port, host: "127.0.0.1" })
      : connectTls({ port, host: "127.0.0.1", servername: "localhost", ca });
  socket.setNoDelay(true);
  const wire = openWire(socket);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`No connection to port ${port} within 20 s`)), 20_000);
    const done = (settle: () => void) => () => {
      clearTimeout(timer);
      settle();
    };
    socket.once(ca === undefined ? "connect" : "secureConnect", done(resolve));
    socket.once("error", (error) => done(() => reject(error))());
    socket.once(
      "close",
      done(() => reject(new Error("The connection was closed"))),
    );
  });
  if (password !== undefined) await wire.send("AUTH", password);
  return wire;
}

function openWire(socket: Socket): Wire {
  const waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  let received: Buffer = Buffer.alloc(0);
  let fault: Error | undefined;
  const wire: Wire = {
    onPush: undefined,
    onEnd: undefined,
    exchange: (command) =>
      new Promise((resolve, reject) => {
        if (fault !== undefined) return reject(fault);
        waiting.push({ resolve, reject });
        socket.write(encodeCommand(command));
      }),
    write: (command) => void socket.write(encodeCommand(command)),
    async send(...command) {
      const reply = await wire.exchange(command);
      if (reply instanceof RespError) throw reply;
      return reply;
    },
    async text(...command) {
      const reply = await wire.send(...command);
      return reply instanceof RespStatus ? reply.text : Buffer.from(reply as Uint8Array).toString();
    },
    close: () => void socket.destroy(),
  };
  socket.on("data", (data: Buffer) => {
    received = received.length === 0 ? data : Buffer.concat([received, data]);
    let position = 0;
    for (let parsed = parseReply(received, 0); parsed; parsed = parseReply(received, position)) {
      position = parsed.end;
      const command = waiting.shift();
      if (command) command.resolve(parsed.reply);
      else wire.onPush?.(parsed.reply);
    }
    received = received.subarray(position);
  });
  socket.on("error", (error) => {
    fault ??= error;
  });
  socket.on("close", () => {
    fault ??= new Error("The connection was closed");
    for (const command of waiting.splice(0)) command.reject(fault);
    wire.onEnd?.();
  });
  return wire;
}

/** A command as the server reads it. */
export function encodeCommand(command: readonly (string | number | Uint8Array)[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(`*${command.length}\r\n`)];
  for (const argument of command) {
    const bytes = typeof argument === "object" ? argument : Buffer.from(String(argument));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

/** The reply that begins at `start`, or undefined when it is not complete. */
function parseReply(bytes: Buffer, start: number): { reply: Reply; end: number } | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString("utf8", start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (bytes[start]) {
    case 0x2b: // +
      return { reply: new RespStatus(line), end };
    case 0x2d: // -
      return { reply: new RespError(line), end };
    case 0x3a: // :
      return { reply: Number(line), end };
    case 0x24: {
      // $
      const length = Number(line);
      if (length < 0) return { reply: null, end };
      if (bytes.length < end + length + 2) return undefined;
      return { reply: Uint8Array.from(bytes.subarray(end, end + length)), end: end + length + 2 };
    }
    case 0x2a: {
      // *
      const count = Number(line);
      if (count < 0) return { reply: null, end };
      const replies: Reply[] = [];
      let position = end;
      for (let index = 0; index < count; index++) {
        const parsed = parseReply(bytes, position);
        if (parsed === undefined) return undefined;
        replies.push(parsed.reply);
        position = parsed.end;
      }
      return { reply: replies, end: position };
    }
    default:
      throw new Error(`Cannot read a reply that begins with byte ${bytes[start]}`);
  }
}
