/**
 * Addresses of memcached servers.
 *
 * @module
 */
import { ConfigError } from "../../src/errors.ts";

/** One server. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** For servers that ask for one (`memcached -Y`). */
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

const DEFAULT_PORT = 11_211;
const SHAPE =
  /^(?:memcached?:\/\/)?(?:([^:@/,\s]+):([^:@/,\s]*)@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?\/?$/;

/**
 * Reads `memcached://host:port`, or several of them, with commas between or as a list.
 *
 * @throws {ConfigError} whose message has nothing of the address, in which a password may be
 */
export function readAddresses(target: string | readonly string[]): readonly Address[] {
  const given = (typeof target === "string" ? [target] : target).flatMap((one) => String(one).split(","));
  const addresses = given.map((text): Address => {
    const [, user, password = "", host, digits] = SHAPE.exec(text.trim()) ?? [];
    const port = digits === undefined ? DEFAULT_PORT : Number(digits);
    if (host === undefined || port < 1 || port > 65_535) throw wrong("received another text");
    try {
      const login = user && { user: decodeURIComponent(user), password: decodeURIComponent(password) };
      return { host: host.replace(/^\[|\]$/g, ""), port, login: login || undefined };
    } catch {
      throw wrong("received a login that is not percent-encoded");
    }
  });
  const ids = new Set(addresses.map(({ host, port }) => `${host}:${port}`));
  if (addresses.length === 0) throw wrong("received none");
  if (ids.size < addresses.length) throw wrong("received one server twice");
  return addresses;
}

function wrong(received: string): ConfigError {
  return new ConfigError(
    "target",
    `Cannot use target as it must be memcached://host:port, a list of such, or an open client: ${received}`,
  );
}
