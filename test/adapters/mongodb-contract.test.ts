// The real driver, over a fake of the server: see mongodb-fake.ts.
import { after, before, test } from "node:test";
import { MongoClient } from "mongodb";
import { mongodb } from "../../adapters/mongodb.ts";
import { tierContract } from "../contract/mod.ts";
import { type FakeMongo, startFakeMongo } from "./mongodb-fake.ts";

const CAPABILITIES = { keys: true, tags: true, leases: true, durable: true, shared: true } as const;

let fake: FakeMongo;
const clients: MongoClient[] = [];

before(async () => {
  fake = await startFakeMongo();
  // The second is told to give documents in other shapes.
  const odd = { promoteBuffers: true, promoteValues: false, ignoreUndefined: true };
  for (const options of [{}, odd]) clients.push(await new MongoClient(fake.url, options).connect());
});

after(async () => {
  for (const client of clients) await client.close();
  await fake?.stop();
});

const suites = [
  tierContract({
    name: "mongodb over a fake server",
    capabilities: CAPABILITIES,
    copies: true,
    create() {
      const [one, other] = clients as [MongoClient, MongoClient];
      fake.documents.clear();
      return {
        tier: mongodb(one.db("app").collection<{ _id: string }>("cache")),
        reopen: () => mongodb({ db: other.db("app"), collection: "cache" }),
      };
    },
  }),
];

for (const { name, run, skip } of suites.flat()) {
  test(name, { skip: skip ?? false }, async () => {
    await run();
  });
}
