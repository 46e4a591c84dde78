/** The libSQL server that the tests of one file share. */
import { after, test } from "node:test";
import { reasonFor } from "../servers/available.ts";
import { type SqldServer, startSqld } from "../servers/sqld.ts";
import { type Raw, rawDatabase } from "./libsql-fixture.ts";

/** Why tests with a server are left out here. */
export const withoutServer: string | false = reasonFor("sqld");

export interface Served {
  readonly server: SqldServer;
  readonly raw: Raw;
}

export interface SharedServer {
  /** The server, started when it is first asked for. */
  theServer(): Promise<Served>;
  /** A test on the server, whose database is made empty before. */
  serverTest(name: string, run: (served: Served) => unknown): void;
}

/** A server for the tests of the file that calls this, which is stopped after the last of them. */
export function sharedServer(): SharedServer {
  let served: Promise<Served> | undefined;
  const theServer = () => {
    served ??= startSqld().then((server) => ({ server, raw: rawDatabase(server.url) }));
    return served;
  };
  after(async () => {
    if (served === undefined) return;
    const { server, raw } = await served;
    raw.close();
    await server.stop();
  });
  return {
    theServer,
    serverTest(name, run) {
      test(name, { skip: withoutServer }, async () => {
        const server = await theServer();
        await server.raw.empty();
        await run(server);
      });
    },
  };
}
