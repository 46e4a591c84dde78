import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

const machineNode = process.env.npm_node_execpath ?? process.execPath;
const source = join(root, "examples/web-app/server.ts");
const deno = ["run", "-A", "--no-check", "--config", join(root, "deno.json")];

/** How the server is run: compiled as `npm start` does, from source by the others. */
export const commands = {
  node: [machineNode, join(root, "dist/examples/web-app/server.js")],
  start: [machineNode, join(root, "scripts/start.mjs")],
  bun: [join(root, "node_modules/bun/bin/bun.exe"), "run", source],
  deno: [join(root, "node_modules/deno/deno"), ...deno, source],
} satisfies Record<string, [program: string, ...args: string[]]>;

/** A server of the example, as a process. */
export interface WebServer {
  readonly process: ChildProcess;
  readonly port: number;
  /** What it has printed. */
  output(): string;
  /** Sends a signal; resolves to the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body's JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it reads
  readonly json: any;
  /** The Cache-Status header without its ttl, if that is one of up to five minutes. */
  readonly cache: string;
}

/** Starts a server on a free port of the loopback, and waits until it says that it is ready. */
export async function startServer(
  env: Record<string, string>,
  [program, ...args]: readonly [string, ...string[]] = commands.node,
): Promise<WebServer> {
  const child = spawn(program, args, { cwd: root, env: { ...process.env, PORT: "0", ...env } });
  let output = "";
  const exited = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (/ready at .*\n/.test(output)) resolve();
      });
    }
    exited.then((end) => reject(new Error(`The server ended with ${end}:\n${output}`)), reject);
  });
  return {
    process: child,
    port: Number(/ready at http:\/\/localhost:(\d+)/.exec(output)?.[1]),
    output: () => output,
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** Asks a server, on a connection of its own, for a path that is sent as it stands. */
export function ask({ port }: WebServer, path: string, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject).on("end", () => {
        const { headers, statusCode = 0 } = response;
        // Of five minutes at most: on a busy machine some of them have gone by.
        const cache = String(headers["cache-status"] ?? "").replace(/; ttl=(\d+)$/, (ttl, seconds) =>
          seconds > 0 && seconds <= 300 ? "" : ttl,
        );
        const json = String(headers["content-type"]).startsWith("application/json") ? JSON.parse(text) : undefined;
        resolve({ status: statusCode, headers, text, json, cache });
      });
    });
    asked.on("error", reject).end();
  });
}
