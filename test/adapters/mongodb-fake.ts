/**
 * A fake of a MongoDB server, for the real driver: no server can be had where these tests run. It speaks the wire protocol
 * (OP_MSG, and OP_QUERY for the handshake) on a loopback port and keeps documents in memory, by the documented rules of the
 * few commands and operators that the tier uses. Any other is refused, so that nothing is tested that only the fake can do.
 *
 * What it does not do: whatever a server does over time, on disk or between members of a replica set. Every command is one
 * step here, where a server may do others between two documents of one.
 */
import { createServer, type Server, type Socket } from "node:net";
import { BSON } from "mongodb";
import { type Document, matches, project, ServerError, sorted, updated, upserted } from "./mongodb-fake-operators.ts";

/** The index of a collection. */
interface Index {
  readonly key: Document;
  readonly expireAfterSeconds?: number;
}

/** A running fake. */
export interface FakeMongo {
  readonly url: string;
  /** Documents by `_id`, of the collection `app.cache`. */
  readonly documents: Map<string, Document>;
  readonly indexes: Index[];
  /** Names of the commands that came since it was last emptied, without those of the driver's own. */
  readonly commands: string[];
  /** What the next command of a name is answered with, instead of being done; `"hang"`: nothing. */
  fail(command: string, answer: { code: number; codeName: string; errmsg: string } | "hang"): void;
  /** Does what the server's TTL monitor does once a minute, at this time. */
  expire(now: number): void;
  /** Ends all connections and refuses others. */
  stop(): Promise<void>;
}

const COLLECTION = "cache";
const MOST_BYTES = 16 * 2 ** 20;
/** Commands by which the driver looks after its connections. */
const OWN = new Set(["hello", "ismaster", "ping", "endSessions"]);

const HELLO = {
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  maxBsonObjectSize: MOST_BYTES,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  ok: 1,
};

/** Starts a fake on a free port. */
export async function startFakeMongo(): Promise<FakeMongo> {
  const documents = new Map<string, Document>();
  const indexes: Index[] = [];
  const commands: string[] = [];
  const failures = new Map<string, Document | "hang">();
  const collection = new FakeCollection(documents, indexes);
  const run = (body: Document): Document | "hang" => {
    const [command] = Object.keys(body) as [string];
    if (!OWN.has(command)) commands.push(command);
    const failure = failures.get(command);
    failures.delete(command);
    if (failure !== undefined) return failure === "hang" ? failure : { ok: 0, ...failure };
    try {
      return { ok: 1, ...collection.run(command, body) };
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      return { ok: 0, code: error.code, codeName: error.codeName, errmsg: error.message };
    }
  };
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    serve(socket, run);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `mongodb://127.0.0.1:${port}`,
    documents,
    indexes,
    commands,
    fail: (command, answer) => void failures.set(command, answer),
    expire(now) {
      for (const { key, expireAfterSeconds } of indexes) {
        if (expireAfterSeconds === undefined) continue;
        const [field] = Object.keys(key) as [string];
        for (const [id, document] of documents) {
          const at = document[field];
          if (at instanceof Date && at.getTime() + expireAfterSeconds * 1000 <= now) documents.delete(id);
        }
      }
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The documents of one collection, and the commands on them. */
class FakeCollection {
  readonly #documents: Map<string, Document>;
  readonly #indexes: Index[];

  constructor(documents: Map<string, Document>, indexes: Index[]) {
    this.#documents = documents;
    this.#indexes = indexes;
  }

  run(command: string, body: Document): Document {
    if (OWN.has(command))
      return command === "ping" || command === "endSessions" ? {} : { ...HELLO, localTime: new Date() };
    const done = { find: this.#find, update: this.#update, delete: this.#delete, findAndModify: this.#findAndModify };
    if (command === "createIndexes") return this.#createIndexes(body);
    const method = done[command as keyof typeof done];
    if (method === undefined) throw new ServerError(59, "CommandNotFound", `the fake does not know ${command}`);
    if (body[command] !== COLLECTION) throw new ServerError(26, "NamespaceNotFound", "the fake has one collection");
    return method.call(this, body);
  }

  #matching(filter: unknown): Document[] {
    return sorted([...this.#documents.values()].filter((document) => matches(document, filter as Document)));
  }

  #find(body: Document): Document {
    known(body, ["find", "filter", "projection", "sort", "limit", "batchSize", "singleBatch"]);
    const { filter, projection, sort, limit = 0 } = body;
    if (sort !== undefined && JSON.stringify(sort) !== '{"_id":1}')
      throw new ServerError(2, "BadValue", "unknown sort");
    const found = this.#matching(filter);
    const some = (limit as number) > 0 ? found.slice(0, limit as number) : found;
    const firstBatch = some.map((document) => project(document, projection as Document | undefined));
    return { cursor: { id: BSON.Long.fromNumber(0), ns: `app.${COLLECTION}`, firstBatch } };
  }

  #update(body: Document): Document {
    known(body, ["update", "updates", "ordered"]);
    let [n, nModified] = [0, 0];
    const made: Document[] = [];
    const writeErrors: Document[] = [];
    for (const [index, one] of (body.updates as Document[]).entries()) {
      known(one, ["q", "u", "upsert", "multi"], false);
      try {
        const { before, after, isNew } = this.#change(one.q as Document, one.u, one.upsert === true);
        if (before === undefined && !isNew) continue;
        n += 1;
        if (isNew) made.push({ index, _id: after!._id });
        else nModified += 1;
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        writeErrors.push({ index, code: error.code, errmsg: error.message });
        if (body.ordered !== false) break;
      }
    }
    return {
      n,
      nModified,
      ...(made.length > 0 && { upserted: made }),
      ...(writeErrors.length > 0 && { writeErrors }),
    };
  }

  #delete(body: Document): Document {
    known(body, ["delete", "deletes", "ordered"]);
    let n = 0;
    for (const one of body.deletes as Document[]) {
      known(one, ["q", "limit"], false);
      const found = this.#matching(one.q);
      for (const { _id } of one.limit === 1 ? found.slice(0, 1) : found)
        if (this.#documents.delete(_id as string)) n += 1;
    }
    return { n };
  }

  #findAndModify(body: Document): Document {
    known(body, ["findAndModify", "query", "update", "remove", "new", "upsert", "fields"]);
    const { query, update, remove, fields, new: isAfter = false, upsert = false } = body;
    if (remove === true) {
      const [found] = this.#matching(query);
      if (found !== undefined) this.#documents.delete(found._id as string);
      return { value: found === undefined ? null : project(found, fields as Document | undefined) };
    }
    const { before, after } = this.#change(query as Document, update, upsert === true);
    const value = isAfter === true ? after : before;
    return { value: value === undefined ? null : project(value, fields as Document | undefined) };
  }

  /** Updates the first document that matches, or makes one. */
  #change(
    filter: Document,
    update: unknown,
    upsert: boolean,
  ): { before?: Document | undefined; after?: Document; isNew: boolean } {
    const [before] = this.#matching(filter);
    if (before === undefined && !upsert) return { isNew: false };
    const after = before === undefined ? upserted(filter, update) : updated(before, update, false);
    const id = after._id as string;
    if (typeof id !== "string") throw new ServerError(2, "BadValue", "the fake keeps documents by a string alone");
    if (before === undefined && this.#documents.has(id))
      throw new ServerError(
        11_000,
        "DuplicateKey",
        `E11000 duplicate key error collection: app.cache index: _id_ dup key: { _id: "${id}" }`,
      );
    if (before !== undefined && before._id !== id) throw new ServerError(66, "ImmutableField", "_id is immutable");
    if (BSON.calculateObjectSize(after) > MOST_BYTES) throw new ServerError(10_334, "BSONObjectTooLarge", "too large");
    this.#documents.set(id, after);
    return { before, after, isNew: before === undefined };
  }

  #createIndexes(body: Document): Document {
    for (const { key, expireAfterSeconds } of body.indexes as (Document & Index)[])
      this.#indexes.push({ key, ...(expireAfterSeconds !== undefined && { expireAfterSeconds }) });
    return { numIndexesBefore: 1, numIndexesAfter: 2 };
  }
}

/** Refuses options that the fake does not know; those of every command are for sessions and topologies, which it does not have. */
function known(body: Document, names: readonly string[], isCommand = true): void {
  const all = new Set([...names, ...(isCommand ? ["$db", "lsid", "$readPreference", "ordered"] : [])]);
  for (const name of Object.keys(body))
    if (!all.has(name)) throw new ServerError(2, "BadValue", `the fake does not know the option ${name}`);
}

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

/** Answers the messages of one connection, one after the other. */
function serve(socket: Socket, run: (body: Document) => Document | "hang"): void {
  let buffered = Buffer.alloc(0);
  socket.on("data", (data) => {
    buffered = Buffer.concat([buffered, data]);
    while (buffered.length >= 4 && buffered.length >= buffered.readInt32LE(0)) {
      const message = buffered.subarray(0, buffered.readInt32LE(0));
      buffered = buffered.subarray(message.length);
      const answer = reply(message, run);
      if (answer !== undefined) socket.write(answer);
    }
  });
}

function reply(message: Buffer, run: (body: Document) => Document | "hang"): Buffer | undefined {
  const request = message.readInt32LE(4);
  const opCode = message.readInt32LE(12);
  if (opCode === OP_QUERY) {
    const at = message.indexOf(0, 20) + 9;
    const answer = run(BSON.deserialize(message.subarray(at)) as Document);
    const head = Buffer.alloc(20);
    head.writeInt32LE(8, 0);
    head.writeInt32LE(1, 16);
    return answer === "hang" ? undefined : framed(OP_REPLY, request, [head, BSON.serialize(answer)]);
  }
  if (opCode !== OP_MSG) throw new Error(`the fake does not know the message ${opCode}`);
  const answer = run(bodyOf(message));
  return answer === "hang" ? undefined : framed(OP_MSG, request, [Buffer.alloc(5), BSON.serialize(answer)]);
}

/** The command in the sections of an OP_MSG. */
function bodyOf(message: Buffer): Document {
  let at = 20;
  let body: Document = {};
  const lists: Document = {};
  const next = (): Document => {
    const size = message.readInt32LE(at);
    const document = BSON.deserialize(message.subarray(at, at + size)) as Document;
    at += size;
    return document;
  };
  while (at < message.length) {
    const kind = message[at]!;
    at += 1;
    if (kind === 0) {
      body = next();
      continue;
    }
    const end = at + message.readInt32LE(at);
    const zero = message.indexOf(0, at + 4);
    const name = message.toString("utf8", at + 4, zero);
    at = zero + 1;
    const list: Document[] = [];
    while (at < end) list.push(next());
    lists[name] = list;
  }
  return { ...body, ...lists };
}

function framed(opCode: number, responseTo: number, parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(16);
  head.writeInt32LE(16 + parts.reduce((sum, part) => sum + part.length, 0), 0);
  head.writeInt32LE(responseTo, 8);
  head.writeInt32LE(opCode, 12);
  return Buffer.concat([head, ...parts]);
}
