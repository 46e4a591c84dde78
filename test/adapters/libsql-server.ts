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

let served: Promise<Served> | undefined;

/** The server of this file, started for the first test that needs it, and stopped after the last. */
export async function theServer(): Promise<Served> {
  served ??= startSqld().then((server) => ({ server, raw: rawDatabase(server.url) }));
  return served;
}

after(async () => {
  if (served === undefined) return;
  const { server, raw } = await served;
  raw.close();
  await server.stop();
});

/** A test on the server of this file, whose database is made empty before. */
export function serverTest(name: string, run: (served: Served) => unknown): void {
  test(name, { skip: withoutServer }, async () => {
    const server = await theServer();
    await server.raw.empty();
    await run(server);
  });
}
