/**
 * nginx, Varnish and Squid as Debian has them, each as a cache before an origin: with the configuration that the public suite has for it, on a port of
 * its own, in a temporary folder, with nothing on the disk that outlives it.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canInstall, installPackages } from "../../scripts/debian.mjs";
import { programPath } from "../../test/servers/available.ts";
import { freePort } from "../../test/servers/ports.ts";
import { type Server, startServer } from "../../test/servers/server.ts";

/** How one program is made a cache. */
interface Kind {
  readonly program: string;
  /** Prints its version. */
  readonly version: string;
  /** Name and text of its configuration. */
  readonly file: string;
  configuration(port: number, origin: URL, folder: string): string;
  args(port: number, folder: string): string[];
}

const nginx: Kind = {
  program: "nginx",
  version: "-v",
  file: "nginx.conf",
  configuration: (port, { host }, folder) => `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    error_log stderr;
    events { worker_connections 2048; }
    http {
      access_log off;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/temp;
      proxy_cache_path ${folder}/cache levels=1:2 keys_zone=own:8m max_size=1000m inactive=600m;
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://${host};
          proxy_cache own;
          proxy_cache_revalidate on;
          proxy_http_version 1.1;
        }
      }
    }`,
  args: (_, folder) => ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")],
};

const varnish: Kind = {
  program: "varnishd",
  version: "-V",
  file: "origin.vcl",
  configuration: (_, { hostname, port }) => `
    vcl 4.1;
    backend default { .host = "${hostname}"; .port = "${port}"; }`,
  args: (port, folder) => [
    ...["-F", "-n", join(folder, "work"), "-a", `127.0.0.1:${port}`, "-f", join(folder, "origin.vcl")],
    ...["-p", "default_ttl=0", "-p", "default_grace=0", "-p", "default_keep=3600", "-s", "malloc,64M"],
  ],
};

const squid: Kind = {
  program: "squid",
  version: "-v",
  file: "squid.conf",
  configuration: (port, origin, folder) =>
    `
    http_port 127.0.0.1:${port} accel defaultsite=localhost no-vhost
    cache_peer ${origin.hostname} parent ${origin.port} 0 no-query no-digest originserver default name=origin
    cache_peer_access origin allow all
    http_access allow all
    connect_retries 3
    visible_hostname localhost
    cache_log /dev/null
    access_log none
    netdb_filename none
    pid_filename none
    pinger_enable off
    coredump_dir ${folder}
    shutdown_lifetime 0 seconds`.replace(/^\s+/gm, ""),
  // Its name is also that of its shared memory.
  args: (port, folder) => ["-N", "-n", `tiercel${port}`, "-d", "1", "-f", join(folder, "squid.conf")],
};

/** By the names of Debian's packages. */
export const CACHES: Readonly<Record<string, Kind>> = { nginx, varnish, squid };

function pathOf({ program }: Kind): string {
  return programPath(program) ?? `/usr/sbin/${program}`;
}

/** Installs what is missing of the packages; answers why those that are missing still are. */
export async function prepare(names: readonly string[]): Promise<Map<string, string>> {
  const missing = (): string[] => names.filter((name) => !existsSync(pathOf(CACHES[name]!)));
  let reason = "it is not installed, and this is not a Debian on which it may be";
  if (missing().length > 0 && canInstall) {
    console.log(`bench: installing Debian's packages ${missing().join(", ")}`);
    const { code, output } = await installPackages(missing());
    reason = `apt-get ended with ${code}: ${output.trim().split("\n").at(-1)}`;
  }
  return new Map(missing().map((name) => [name, reason]));
}

/** The version of an installed one. */
export function versionOf(name: string): string {
  const kind = CACHES[name]!;
  const { stdout, stderr } = spawnSync(pathOf(kind), [kind.version], { encoding: "utf8" });
  return /\d+\.\d+/.exec(stdout + stderr)?.[0] ?? "?";
}

/** Starts one before an origin. */
export async function startCache(name: string, origin: string): Promise<Server> {
  const kind = CACHES[name]!;
  const port = await freePort();
  return startServer({
    name,
    program: pathOf(kind),
    port,
    isOrderly: true,
    prepare(folder) {
      // Those that are started by root go on as another user.
      chmodSync(folder, 0o777);
      writeFileSync(join(folder, kind.file), `${kind.configuration(port, new URL(origin), folder)}\n`);
    },
    args: kind.args,
    async answers() {
      const { ok, body } = await fetch(`http://127.0.0.1:${port}/`);
      await body?.cancel();
      return ok;
    },
  });
}
