/**
 * Loading `@libsql/client` when it is first needed.
 *
 * @module
 */
import { hasTimers, systemClock } from "../../src/clock.ts";
import { MissingPackageError, StoreOpenError } from "../../src/errors.ts";
import { areMissing } from "../installed.ts";
import { builtin, workingFolder } from "../sql/builtin.ts";
import type { AsyncDriver } from "../sql/driver.ts";
import { isBusy } from "../sql/remote-faults.ts";
import { type LibsqlClient, libsqlDriver } from "./client.ts";
import type { Place } from "./target.ts";

interface Config {
  readonly url: string;
  readonly authToken?: string;
  /** A row with an integer that is no safe number must not cost the batch. */
  readonly intMode: "bigint";
  readonly concurrency?: number;
  readonly timeout?: number;
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** A client that the package makes. */
interface OwnClient extends LibsqlClient {
  /** Opens the file anew. */
  reconnect(): Promise<void>;
}

interface Libsql {
  createClient(config: Config): OwnClient;
}

interface NodeModule {
  createRequire(from: string): (name: string) => unknown;
}

/**
 * Most requests at a time. The client would keep those beyond in a queue, where they come too late when the server
 * hangs, and in a Worker are sent by a request that is not theirs.
 */
const NO_QUEUE = 1_000_000;

/** When a request is given up for good, in milliseconds, long after the tier's time for it is over. */
const GIVEN_UP = 60_000;

/** How long SQLite itself waits for a lock, in milliseconds, in which this thread stands still. */
const BLOCKED = 20;

/** Makes a client for a place and a driver over it. */
export async function connect({ url, authToken, isFile }: Place): Promise<AsyncDriver> {
  const token = authToken === undefined ? {} : { authToken };
  if (!isFile) {
    const { createClient } = await loadRemote();
    return libsqlDriver(createClient({ url, ...token, intMode: "bigint", concurrency: NO_QUEUE, fetch: bounded }));
  }
  const { createClient } = loadFile();
  const client = createClient({ url, ...token, intMode: "bigint", timeout: BLOCKED });
  const driver = libsqlDriver(client, async () => {
    await client.execute({ sql: "PRAGMA journal_mode = WAL", args: [] });
  });
  return {
    ...driver,
    async batch(steps, mode) {
      try {
        return await driver.batch(steps, mode);
      } catch (error) {
        // A statement that met a lock stays open in its connection, which from then on sees an old state and cannot write.
        if (isBusy(error)) await client.reconnect();
        throw error;
      }
    },
  };
}

/**
 * @throws {MissingPackageError} where it is known already that the package is not there
 */
export function check({ isFile }: Pick<Place, "isFile">): void {
  // In a bundle the build for servers may be a part of it.
  const isInstalled = /\/tiercel\/dist\//.test(import.meta.url);
  const name = isFile ? "@libsql/client/sqlite3" : "@libsql/client/web";
  if ((isFile || isInstalled) && areMissing([name], import.meta.url)) throw missing(undefined);
}

/** Until the server begins to answer. */
async function bounded(request: Request): Promise<Response> {
  const controller = new AbortController();
  const timer = systemClock.setTimer(() => controller.abort(), GIVEN_UP, true);
  try {
    return await fetch(request, { signal: controller.signal });
  } finally {
    systemClock.clearTimer(timer);
  }
}

/** The build without files, which every runtime can load. Its name is written out, so that bundlers find it. */
async function loadRemote(): Promise<Libsql> {
  try {
    return (await import("@libsql/client/web")) as unknown as Libsql;
  } catch (cause) {
    throw missing(cause);
  }
}

/**
 * The build for files, which holds native code. Not by `import()`: bundlers follow a name that is written out, and
 * miniflare takes no Worker with one that is not.
 */
function loadFile(): Libsql {
  // Without its prefix, which a bundle for the edge must not have in it.
  const createRequire = builtin<NodeModule>("module")?.createRequire;
  if (createRequire === undefined || !hasTimers()) {
    throw new StoreOpenError("Cannot open libSQL store as the runtime must have files: use the URL of a server");
  }
  let cause: unknown;
  // From where Tiercel is installed, or else from where the program runs.
  for (const from of [import.meta.url, `${workingFolder()}/`]) {
    try {
      return createRequire(from)("@libsql/client/sqlite3") as Libsql;
    } catch (error) {
      cause ??= error;
    }
  }
  throw missing(cause);
}

function missing(cause: unknown): MissingPackageError {
  const message = "Cannot load @libsql/client as it must be installed: npm install @libsql/client";
  return new MissingPackageError(message, ...(cause === undefined ? [] : [{ cause }]));
}
