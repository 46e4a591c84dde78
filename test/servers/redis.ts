/** A real redis-server. See available.ts for tests on machines without one. */
import { programPath } from "./available.ts";
import { makeCertificates } from "./certificates.ts";
import { connectRedis } from "./resp.ts";
import { type Server, startServer } from "./server.ts";

export { type ClusterNode, type RedisCluster, startRedisCluster } from "./redis-cluster.ts";

export interface RedisOptions {
  /** TLS alone, with a certificate for localhost and 127.0.0.1 whose authority is `ca` of the server. */
  readonly tls?: boolean;
  readonly password?: string;
  /** More of the program's arguments, as `["--maxmemory", "1mb"]`. Nothing is persisted unless these say so. */
  readonly args?: readonly string[];
  /** A free port by default. */
  readonly port?: number;
  /** A folder that outlives the server; a temporary one by default. */
  readonly folder?: string;
}

export interface RedisServer extends Server {
  /** `redis://` or `rediss://`, with the password. */
  readonly url: string;
  readonly password: string | undefined;
  /** Authority (PEM) of a server with TLS. */
  readonly ca: string | undefined;
}

/** Starts Redis on 127.0.0.1 with nothing in it; takes about 20 ms, with TLS 100 ms. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { tls = false, password, args = [] } = options;
  let ca: string | undefined;
  let tlsArgs: string[] = [];
  const server = await startServer({
    name: "redis",
    program: programPath("redis-server") ?? "redis-server",
    port: options.port,
    folder: options.folder,
    isOrderly: options.folder !== undefined || args.length > 0,
    prepare(folder) {
      if (!tls) return;
      const made = makeCertificates(folder);
      ca = made.ca;
      tlsArgs = ["--tls-cert-file", made.certificatePath, "--tls-key-file", made.keyPath];
      tlsArgs.push("--tls-ca-cert-file", made.caPath, "--tls-auth-clients", "no");
    },
    args: (port, folder) => [
      ...(tls ? ["--port", "0", "--tls-port", String(port), ...tlsArgs] : ["--port", String(port)]),
      ...["--bind", "127.0.0.1", "--dir", folder, "--daemonize", "no", "--save", "", "--appendonly", "no"],
      ...(password === undefined ? [] : ["--requirepass", password]),
      ...args,
    ],
    async answers(port, pid) {
      const wire = await connectRedis({ port, password, ca });
      try {
        const info = await wire.text("INFO");
        return info.includes(`process_id:${pid}\r`) && info.includes("\nloading:0\r");
      } finally {
        wire.close();
      }
    },
  });
  const login = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  const url = `${tls ? "rediss" : "redis"}://${login}127.0.0.1:${server.port}`;
  return Object.defineProperties({ url, password, ca }, Object.getOwnPropertyDescriptors(server)) as RedisServer;
}
