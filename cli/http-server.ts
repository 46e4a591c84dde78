/**
 * A handler of requests (`fetch`) behind `node:http`, which Node, Bun and Deno have.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";

/** Answers a request of the Web's kind. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Ends it, and all connections. */
  close(): Promise<void>;
}

/** Listens on a port, 0 for any. Rejects with what the system says. */
export async function listen(handler: Handler, host: string, port: number): Promise<Listening> {
  const server: Server = createServer((incoming, outgoing) => {
    void answer(handler, incoming, outgoing);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A page that listens to events would hold it open.
      server.closeAllConnections?.();
      await closed;
    },
  };
}

async function answer(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  try {
    const request = requestOf(incoming, gone.signal);
    if (!request) {
      outgoing.statusCode = METHODS.test(incoming.method ?? "") ? 400 : 405;
      outgoing.end();
      return;
    }
    const response = await handler(request);
    outgoing.statusCode = response.status;
    for (const [name, value] of response.headers) if (name !== "set-cookie") outgoing.setHeader(name, value);
    const cookies = response.headers.getSetCookie();
    if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
    outgoing.flushHeaders();
    if (response.body && incoming.method !== "HEAD") await send(response.body, outgoing, gone.signal);
    outgoing.end();
  } catch {
    // What the handler throws is its own affair; the connection must not stay open.
    if (!outgoing.headersSent) outgoing.statusCode = 500;
    outgoing.end();
  }
}

/** What a request of the Web's kind may not be: CONNECT, TRACE and TRACK. */
const METHODS = /^(?!connect$|trace$|track$)/i;

/** The request; `undefined` where the Web has none of its method or its address. */
function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = "GET", url = "/", headers } = incoming;
  const all = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const one of [value].flat()) if (one !== undefined && !name.startsWith(":")) all.append(name, one);
  const hasBody = method !== "GET" && method !== "HEAD";
  const [path, base] = [url.replace(/^\/+/, "/"), `http://${headers.host ?? "localhost"}`];
  if (!METHODS.test(method) || !URL.canParse(path, base)) return undefined;
  return new Request(new URL(path, base), {
    method,
    headers: all,
    signal,
    ...(hasBody && { body: Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>, duplex: "half" }),
  } as RequestInit);
}

/** Sends a body as fast as it is taken. */
async function send(body: ReadableStream<Uint8Array>, outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  for (;;) {
    const { value, done } = await reader.read();
    if (done || signal.aborted) return;
    if (!outgoing.write(value))
      await new Promise<void>((resolve) => {
        outgoing.once("drain", resolve);
        outgoing.once("close", resolve);
      });
  }
}
