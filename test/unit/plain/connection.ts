import { readAddresses } from "../../../adapters/memcached/address.ts";
import { Connection } from "../../../adapters/memcached/connection.ts";
import type { Net, Socket } from "../../../adapters/memcached/net.ts";
import { equal, ok, rejects, same } from "../../contract/assert.ts";
import { settle } from "../../contract/settle.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A socket in the hands of a test. */
interface FakeSocket extends Socket {
  readonly sent: string[];
  isDestroyed: boolean;
  isHeld: boolean;
  /** Something happens on the other side. */
  tell(event: "connect" | "close" | "data" | "error", detail?: unknown): Promise<void>;
}

function fakeSocket(): FakeSocket {
  const listeners = new Map<string, (detail: never) => void>();
  const socket: FakeSocket = {
    sent: [],
    isDestroyed: false,
    isHeld: true,
    write(data) {
      socket.sent.push(data.length < 1_000_000 ? textOf(data) : "much");
      return true;
    },
    on(event: string, listener: (detail: never) => void) {
      listeners.set(event, listener);
    },
    setNoDelay() {},
    setKeepAlive() {},
    ref() {
      socket.isHeld = true;
    },
    unref() {
      socket.isHeld = false;
    },
    destroy() {
      socket.isDestroyed = true;
    },
    async tell(event, detail) {
      listeners.get(event)!((typeof detail === "string" ? bytesOf(detail) : detail) as never);
      await settle();
    },
  };
  return socket;
}

/** A connection to a server that does what a test says. */
function rig(address = "host:1") {
  let now = 0;
  const sockets: FakeSocket[] = [];
  const net: Net = {
    connect() {
      sockets.push(fakeSocket());
      return sockets.at(-1)!;
    },
  };
  const connection = new Connection("tier", readAddresses(address)[0]!, net, () => now);
  return {
    connection,
    sockets,
    get socket() {
      return sockets.at(-1)!;
    },
    async connected() {
      await settle();
      await sockets.at(-1)!.tell("connect");
    },
    pass(time: number) {
      now += time;
    },
  };
}

export const tests: TestCase[] = suite("memcached connection", {
  async "connects when there is something to say, once, and then says it in one piece and in order"() {
    const { connection, sockets, connected } = rig();
    same(sockets.length, 0);
    const answers = [
      connection.set("a", bytesOf("xyz"), 5),
      connection.add("b", bytesOf(""), 0),
      connection.replace("c", bytesOf("1"), -1, "77"),
      connection.delete("d"),
    ];
    const found = connection.getHeld(["a", "no"]);
    same(sockets.length, 1);
    equal(sockets[0]!.sent, []);
    await connected();
    equal(sockets[0]!.sent, [
      "set a 0 5 3\r\nxyz\r\nadd b 0 0 0\r\n\r\ncas c 0 -1 1 77\r\n1\r\ndelete d\r\ngets a no\r\n",
    ]);
    await sockets[0]!.tell("data", "STORED\r\nNOT_STORED\r\nEXISTS\r\nNOT_FOUND\r\nVALUE a 0 3 9\r\nxyz\r\nEND\r\n");
    equal(await Promise.all(answers), [undefined, false, false, undefined]);
    equal([...(await found)], [["a", { bytes: bytesOf("xyz"), unique: "9" }]]);
    void connection.delete("e");
    void connection.delete("f");
    await settle();
    equal(sockets[0]!.sent.slice(1), ["delete e\r\ndelete f\r\n"]);
    same(sockets.length, 1);
  },
  async "keeps the process alive only while it waits for an answer"() {
    const { connection, sockets, connected } = rig();
    const deleted = connection.delete("k");
    await connected();
    same(sockets[0]!.isHeld, true);
    await sockets[0]!.tell("data", "DELETED\r\n");
    await deleted;
    same(sockets[0]!.isHeld, false);
    void connection.delete("k");
    same(sockets[0]!.isHeld, true);
  },
  async "rejects what waits when the connection breaks, and opens another for what comes next"() {
    for (const how of ["error", "close"] as const) {
      const { connection, sockets, connected } = rig();
      const waiting = [connection.delete("a"), connection.get(["b"])];
      await connected();
      const rejected = waiting.map((one) => rejects(one, "TIER"));
      await sockets[0]!.tell(how, Object.assign(new Error("s3cret"), { code: "ECONNRESET" }));
      for (const error of await Promise.all(rejected)) ok(!error.message.includes("s3cret"), error.message);
      same(sockets[0]!.isDestroyed, true);
      const next = connection.delete("c");
      same(sockets.length, 2);
      await connected();
      equal(sockets[1]!.sent, ["delete c\r\n"], "nothing is sent a second time");
      // Late news of the old one.
      await sockets[0]!.tell("data", "garbage garbage\r\n");
      await sockets[1]!.tell("data", "DELETED\r\n");
      await next;
    }
  },
  async "starts a cut off answer anew on another connection"() {
    const { connection, sockets, connected } = rig();
    const first = rejects(connection.get(["k"]), "TIER");
    await connected();
    await sockets[0]!.tell("data", "VALUE k 0 100 1\r\nabc");
    await sockets[0]!.tell("close");
    await first;
    const second = connection.get(["k"]);
    await connected();
    await sockets[1]!.tell("data", "VALUE k 0 2 1\r\nok\r\nEND\r\n");
    equal([...(await second)], [["k", bytesOf("ok")]]);
  },
  async "gives up a server that is silent for 30 s though it is asked, and one that cannot be connected to for 5 s"() {
    const { connection, sockets, connected, pass } = rig();
    const first = connection.delete("a");
    await connected();
    pass(20_000);
    await sockets[0]!.tell("data", "DELETED\r\n");
    await first;
    pass(1_000_000);
    const second = rejects(connection.delete("b"), "TIER");
    pass(30_000);
    const third = rejects(connection.delete("c"), "TIER");
    same(sockets.length, 1, "a quiet time without questions does not count");
    pass(1);
    const fourth = rejects(connection.delete("d"), "TIER");
    await Promise.all([second, third]);
    same(sockets.length, 2);
    pass(5_001);
    const fifth = connection.delete("e");
    await fourth;
    await connected();
    equal([sockets.length, sockets[2]!.sent], [3, ["delete e\r\n"]]);
    await sockets[2]!.tell("data", "NOT_FOUND\r\n");
    await fifth;
  },
  async "refuses more commands than it can hold, until there is room again"() {
    const { connection, connected, sockets } = rig();
    const many = Array.from({ length: 20_000 }, () => connection.delete("k"));
    await rejects(connection.delete("k"), "TIER");
    await connected();
    await sockets[0]!.tell("data", "DELETED\r\n".repeat(20_000));
    await Promise.all(many);
    const large = new Uint8Array(32 * 2 ** 20);
    const writes = [connection.set("a", large, 0), connection.set("b", large, 0)];
    await rejects(connection.delete("k"), "TIER");
    await settle();
    equal(sockets[0]!.sent.slice(1), ["set a 0 0 33554432\r\n", "much", "\r\nset b 0 0 33554432\r\n", "much", "\r\n"]);
    await sockets[0]!.tell("data", "STORED\r\nSTORED\r\n");
    await Promise.all(writes);
    const last = connection.delete("k");
    await settle();
    await sockets[0]!.tell("data", "DELETED\r\n");
    await last;
  },
  async "takes an error of the server for that of one command, and one of the protocol for the end"() {
    const { connection, connected, sockets } = rig();
    const one = rejects(connection.set("k", bytesOf("1"), 0), "TIER");
    const two = connection.delete("k");
    const three = rejects(connection.get(["k"]), "TIER");
    await connected();
    await sockets[0]!.tell("data", "SERVER_ERROR out of memory storing object\r\nDELETED\r\n");
    ok((await one).message.includes("out of memory"));
    await two;
    await sockets[0]!.tell("data", "CLIENT_ERROR bad data chunk\r\n");
    await three;
    same(sockets[0]!.isDestroyed, true);
  },
  async "ends with whatever it does not understand"() {
    for (const answer of ["HELLO\r\n", "END\r\nEND\r\n", "VALUE k 0 x\r\n", "x".repeat(2_000)]) {
      const { connection, connected, sockets } = rig();
      const deleted = connection.delete("k");
      const rejected = rejects(deleted, "TIER");
      await connected();
      await sockets[0]!.tell("data", answer);
      await rejected;
    }
  },
  async "logs in before all else on every connection, and says no password in an error"() {
    const { connection, sockets, connected } = rig("memcached://user:s3cret@host");
    const first = connection.delete("k");
    await connected();
    equal(sockets[0]!.sent, ["set login 0 -1 11\r\nuser s3cret\r\ndelete k\r\n"]);
    await sockets[0]!.tell("data", "STORED\r\nDELETED\r\n");
    await first;
    await sockets[0]!.tell("close");
    const second = rejects(connection.delete("k"), "TIER");
    await connected();
    await sockets[1]!.tell("data", "CLIENT_ERROR authentication failure\r\n");
    const error = await second;
    ok(error.message.includes("login") && !error.message.includes("s3cret"), error.message);
  },
  async "rejects what waits when it is closed"() {
    const { connection, sockets } = rig();
    const waiting = rejects(connection.delete("k"), "TIER");
    connection.close();
    await waiting;
    same(sockets[0]!.isDestroyed, true);
    connection.close();
  },
  async "asks for many keys in several lines, and answers all of them"() {
    const { connection, sockets, connected } = rig();
    const keys = Array.from({ length: 30 }, (_, index) => `${"k".repeat(200)}${index}`);
    const found = connection.get(keys);
    await connected();
    const lines = sockets[0]!.sent.join("").split("\r\n").slice(0, -1);
    ok(
      lines.length === 4 && lines.every((line) => line.startsWith("gets ") && line.length < 2_048),
      String(lines.length),
    );
    await sockets[0]!.tell("data", lines.map((line) => `VALUE ${line.split(" ")[1]} 0 1 1\r\nx\r\nEND\r\n`).join(""));
    equal(
      [...(await found).keys()],
      lines.map((line) => line.split(" ")[1]),
    );
  },
});
