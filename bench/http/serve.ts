/** One of the handlers of app.ts behind the runtime's own server: `serve.ts <port> <kind>`. The client is load.ts. */
import { handlerOf, type Kind } from "./app.ts";

interface Runtimes {
  Bun?: { serve(options: object): unknown };
  Deno?: {
    serve(options: object, handler: (request: Request) => Response | Promise<Response>): unknown;
    args: string[];
  };
  process?: { argv: string[] };
}

const { Bun, Deno, process } = globalThis as Runtimes;
const [port = "0", kind = "bare"] = Deno?.args ?? process?.argv.slice(2) ?? [];
const handler = handlerOf(kind as Kind);
const fetch = (request: Request): Response | Promise<Response> => handler(request);
const where = { port: Number(port), hostname: "127.0.0.1" };
if (Deno) Deno.serve(where, fetch);
else if (Bun) Bun.serve({ ...where, fetch });
else (await import("@hono/node-server")).serve({ ...where, fetch });
