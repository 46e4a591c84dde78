/** A real libSQL server. See available.ts for tests on machines without one. */
import { generateKeyPairSync, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sqldPath } from "./available.ts";
import { type Server, startServer } from "./server.ts";

export interface SqldOptions {
  /** Requires a token, which is then `authToken` of the server. */
  readonly auth?: boolean;
  /** More of the program's arguments, as `["--max-response-size", "5KB"]`. */
  readonly args?: readonly string[];
  /** A free port by default. */
  readonly port?: number;
  /** A folder that outlives the server; a temporary one by default. */
  readonly folder?: string;
}

export interface SqldServer extends Server {
  /** `http://127.0.0.1:port`, for Hrana over HTTP. */
  readonly url: string;
  /** The same with `ws:`, for Hrana over a WebSocket. */
  readonly wsUrl: string;
  /** Allows reading and writing; undefined for a server without `auth`. */
  readonly authToken: string | undefined;
  /** Makes another token (JWT). Payload `{ a: "ro" }` allows reading alone; `exp` is in seconds since 1970. */
  token(payload: { a?: "ro" | "rw"; exp?: number }): string;
}

/** Starts sqld on 127.0.0.1 with an empty database. A restart keeps what was written. */
export async function startSqld(options: SqldOptions = {}): Promise<SqldServer> {
  const { auth = false, args = [] } = options;
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const keyPath = (folder: string) => join(folder, "public.pem");
  const server = await startServer({
    name: "sqld",
    program: sqldPath() ?? "sqld",
    port: options.port,
    folder: options.folder,
    isOrderly: options.folder !== undefined,
    prepare(folder) {
      if (auth) writeFileSync(keyPath(folder), publicKey.export({ type: "spki", format: "pem" }));
    },
    args: (port, folder) => [
      ...["--no-welcome", "--http-listen-addr", `127.0.0.1:${port}`, "-d", join(folder, "data.sqld")],
      ...(auth ? ["--auth-jwt-key-file", keyPath(folder)] : []),
      ...args,
    ],
    answers: async (port) => {
      const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(10_000) });
      await response.text();
      return response.ok;
    },
  });
  const token: SqldServer["token"] = (payload) => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const text = `${encode({ alg: "EdDSA", typ: "JWT" })}.${encode(payload)}`;
    return `${text}.${sign(null, Buffer.from(text), privateKey).toString("base64url")}`;
  };
  const address = `127.0.0.1:${server.port}`;
  const authToken = auth ? token({ a: "rw" }) : undefined;
  const own = { url: `http://${address}`, wsUrl: `ws://${address}`, authToken, token };
  return Object.defineProperties(own, Object.getOwnPropertyDescriptors(server)) as SqldServer;
}
