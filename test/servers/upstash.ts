/**
 * A bridge that speaks Upstash's REST protocol in front of a real Redis, as Upstash has no server to install.
 *
 * Written after Upstash's description of its REST API and after what the client @upstash/redis sends and expects.
 * Known differences: the commands are those of the Redis behind it, except for the ones that Upstash refuses; there
 * is one database in one region, so that sync tokens are given and never waited for.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { connectRedis, type Reply, RespError, RespStatus, type Wire } from "./resp.ts";
import { BridgeError, type Command, commandsOf, refused } from "./upstash-request.ts";

export interface UpstashOptions {
  /** Most bytes of a request, of a command, and of a reply: 1,048,576 by default, as in Upstash's smaller plans. */
  readonly maxRequestBytes?: number;
  readonly token?: string;
}

export interface UpstashRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Commands as they came, before any of them was run. */
  readonly commands: readonly Command[];
}

export interface UpstashBridge {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** How many HTTP requests came, refused ones included. */
  readonly requests: number;
  /** The requests that could be read, since the start or since this was emptied. */
  readonly log: UpstashRequest[];
  /** Answers all requests with this, unseen by Redis, until it is undefined again. */
  answer: { status: number; body: string; headers?: Record<string, string> } | undefined;
  /** Closes everything. May be called again. */
  stop(): Promise<void>;
}

/** Starts a bridge to a Redis on 127.0.0.1. */
export async function startUpstashBridge(
  redis: { port: number; password?: string | undefined; ca?: string | undefined },
  options: UpstashOptions = {},
): Promise<UpstashBridge> {
  const { maxRequestBytes = 1_048_576, token = "AXlocal-test-token" } = options;
  const streams = new Set<Wire>();
  let wire: Promise<Wire> | undefined;
  let writes = 0;

  /** The connection that all requests share, made when it is needed. */
  function connection(): Promise<Wire> {
    wire ??= connectRedis(redis).then((open) => {
      open.onEnd = () => {
        wire = undefined;
      };
      return open;
    });
    wire.catch(() => {
      wire = undefined;
    });
    return wire;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    bridge.requests++;
    const body = await bodyOf(request);
    const { answer } = bridge;
    if (answer !== undefined) {
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(answer.body);
      return;
    }
    const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "http://bridge");
    const given = request.headers.authorization?.replace(/^Bearer /i, "") ?? query.get("_token");
    if (given !== token) throw new BridgeError(401, "WRONGPASS invalid or missing auth token");
    if (!["GET", "HEAD", "POST", "PUT"].includes(request.method ?? ""))
      throw new BridgeError(405, "ERR method not allowed");
    checkSize(body.length);
    const commands = commandsOf(path, query, body);
    bridge.log.push({ path, headers: request.headers, commands });
    const [first = []] = commands;
    if (/^\/(p?subscribe|monitor)(\/|$)/i.test(path)) return stream(first, response);
    const isBase64 = request.headers["upstash-encoding"] === "base64";
    const results =
      path === "/multi-exec"
        ? await transaction(commands)
        : path === "/pipeline"
          ? await sequence(commands)
          : undefined;
    const result = results ?? oneResult(await run(first));
    const json = Array.isArray(result) ? result.map((each) => toJson(each, isBase64)) : toJson(result, isBase64);
    response.writeHead(200, { "content-type": "application/json", "upstash-sync-token": `local=${++writes}` });
    response.end(request.method === "HEAD" ? undefined : JSON.stringify(json));
  }

  /** One command after the other: those of other requests may come between, as in Upstash. */
  async function sequence(commands: readonly Command[]): Promise<Result[]> {
    const results: Result[] = [];
    for (const command of commands) results.push({ reply: await run(command) });
    return results;
  }

  /** All commands in one piece: written at once, so that no other request comes between. */
  async function transaction(commands: readonly Command[]): Promise<Result[]> {
    const open = await connection();
    for (const command of commands) {
      const fault = refused(command);
      if (fault !== undefined) throw new BridgeError(400, fault);
    }
    const [, ...replies] = await Promise.all([["MULTI"], ...commands, ["EXEC"]].map((each) => open.exchange(each)));
    const exec = replies.pop();
    const queueFault = replies.find((reply) => reply instanceof RespError);
    if (!Array.isArray(exec)) throw new BridgeError(400, (queueFault ?? (exec as RespError)).message);
    return exec.map((reply) => ({ reply: limited(reply) }));
  }

  async function run(command: Command): Promise<Reply> {
    const fault = refused(command);
    if (fault !== undefined) return new RespError(fault);
    const open = await connection();
    return limited(await open.exchange(command));
  }

  /** Messages of channels, or commands that others send, as server-sent events until the client goes. */
  async function stream(command: Command, response: ServerResponse): Promise<void> {
    const own = await connectRedis(redis);
    streams.add(own);
    own.onEnd = () => {
      streams.delete(own);
      response.end();
    };
    response.on("close", () => own.close());
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    own.onPush = (reply) => response.write(`data: ${eventText(reply)}\n\n`);
    own.write(command);
  }

  function limited(reply: Reply): Reply {
    const size = sizeOf(reply);
    return size > maxRequestBytes ? new RespError(sizeFault(size)) : reply;
  }

  function checkSize(size: number): void {
    if (size > maxRequestBytes) throw new BridgeError(400, sizeFault(size));
  }

  function sizeFault(actual: number): string {
    const page = "https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded";
    return `ERR max request size exceeded. Limit: ${maxRequestBytes} bytes, Actual: ${actual} bytes. See ${page} for details`;
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const { status, message } = error instanceof BridgeError ? error : { status: 500, message: "internal error" };
      if (!response.headersSent) response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: message }));
    });
  });
  // A connection that is closed here while a request is on its way fails that.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  let isStopped = false;
  const bridge = {
    url: `http://127.0.0.1:${port}`,
    port,
    token,
    requests: 0,
    log: [] as UpstashRequest[],
    answer: undefined as UpstashBridge["answer"],
    async stop() {
      if (isStopped) return;
      isStopped = true;
      for (const open of streams) open.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      const open = await wire?.catch(() => undefined);
      open?.close();
      await closed;
    },
  };
  return bridge;
}

interface Result {
  readonly reply: Reply;
}

/** The reply of a request with one command, whose error is that of the request. */
function oneResult(reply: Reply): Result {
  if (reply instanceof RespError) throw new BridgeError(400, reply.message);
  return { reply };
}

function toJson({ reply }: Result, isBase64: boolean): { result: unknown } | { error: string } {
  return reply instanceof RespError ? { error: reply.message } : { result: plain(reply, isBase64) };
}

/** All strings in base64, except for the status OK; without base64 whatever is not UTF-8 is lost. */
function plain(reply: Reply, isBase64: boolean): unknown {
  if (Array.isArray(reply)) return reply.map((each) => plain(each, isBase64));
  if (reply === null || typeof reply === "number") return reply;
  if (reply instanceof RespStatus && reply.text === "OK") return "OK";
  const bytes =
    reply instanceof Uint8Array
      ? Buffer.from(reply)
      : Buffer.from(reply instanceof RespStatus ? reply.text : reply.message);
  return bytes.toString(isBase64 ? "base64" : "utf8");
}

function eventText(reply: Reply): string {
  if (Array.isArray(reply)) return reply.map(eventText).join(",");
  if (reply instanceof RespStatus) return reply.text === "OK" ? '"OK"' : reply.text;
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString();
  return String(reply);
}

function sizeOf(reply: Reply): number {
  if (Array.isArray(reply)) return reply.reduce<number>((sum, each) => sum + sizeOf(each), 0);
  return reply instanceof Uint8Array ? reply.length : 0;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
