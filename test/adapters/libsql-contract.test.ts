import { test } from "node:test";
import { libsql } from "../../adapters/libsql.ts";
import { tierContract } from "../contract/mod.ts";
import { filePlace, PATIENT, type Raw } from "./libsql-fixture.ts";
import { sharedServer, withoutServer } from "./libsql-server.ts";

const { theServer } = sharedServer();

const CAPABILITIES = { keys: true, tags: true, leases: true, journal: true, durable: true, shared: true } as const;

/** What a raw client beside the tier's does to the database. */
const damage = (raw: Raw) => ({
  loseTags: (tags: readonly string[]) => raw.run(...tags.map((tag) => `DELETE FROM tags WHERE name = '${tag}'`)),
  flood: () =>
    raw.run(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO journal (origin, kind, what) SELECT 1, 'keys', '["x"]' FROM n`,
    ),
});

const onServer = tierContract({
  name: "libsql server",
  capabilities: CAPABILITIES,
  async create() {
    const { server, raw } = await theServer();
    await raw.clear();
    return { tier: libsql(server.url, PATIENT), reopen: () => libsql(server.url, PATIENT), ...damage(raw) };
  },
});

const inFile = tierContract({
  name: "libsql file",
  capabilities: CAPABILITIES,
  create() {
    const { url, raw, dispose } = filePlace();
    return { tier: libsql(url, PATIENT), reopen: () => libsql(url, PATIENT), dispose, ...damage(raw) };
  },
});

for (const { name, run, skip } of onServer) {
  test(name, { skip: skip ?? withoutServer }, async () => {
    await run();
  });
}
for (const { name, run, skip } of inFile) {
  test(name, { skip: skip ?? false }, async () => {
    await run();
  });
}
