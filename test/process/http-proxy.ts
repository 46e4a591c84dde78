/** Serves the caching proxy on Node, Bun and Deno: `http-proxy.ts <port> <origin> <profile>`. */
import { newProxy } from "./http-forward.ts";

interface Runtimes {
  Bun?: { serve(options: object): { port: number } };
  Deno?: { serve(options: object, handler: (request: Request) => Promise<Response>): unknown; args: string[] };
  process?: { argv: string[] };
}

const { Bun, Deno, process } = globalThis as Runtimes;
const [port, origin, profile] = Deno?.args ?? process?.argv.slice(2) ?? [];

/** Serves until it is killed; says when it is ready. */
async function serve(proxy: (request: Request) => Promise<Response>): Promise<void> {
  const hostname = "127.0.0.1";
  // Runtimes tell more of a request than the proxy needs.
  const fetch = (request: Request): Promise<Response> => proxy(request);
  const ready = (): void => console.log("ready");
  if (Deno) Deno.serve({ port: Number(port), hostname, onListen: ready }, fetch);
  else if (Bun) {
    Bun.serve({ port: Number(port), hostname, fetch, idleTimeout: 60 });
    ready();
  } else {
    const name = "@hono/node-server";
    const server = await import(name);
    server.serve({ fetch, port: Number(port), hostname }, ready);
  }
}

if (origin?.startsWith("http")) await serve(newProxy(origin, profile as "safe" | "strict"));
