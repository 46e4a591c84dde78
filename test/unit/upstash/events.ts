import { fitting, listenBy } from "../../../adapters/upstash/events.ts";
import { type Fetch, Rest } from "../../../adapters/upstash/rest.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, ok, rejects, same, settle, suite } from "../../contract/mod.ts";

/** A request that is under way. */
interface Open {
  readonly url: string;
  readonly signal: AbortSignal;
  tell(data: string | Uint8Array): void;
  end(): void;
}

/** A listener over requests that the test answers, with how often it has ended. */
function listening(status = 200) {
  const clock = fakeClock();
  const open: Open[] = [];
  const request: Fetch = async (url, { signal }) => {
    let stream!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        stream = controller;
        signal!.addEventListener("abort", () => controller.error(signal!.reason));
      },
    });
    const encoder = new TextEncoder();
    const tell = (data: string | Uint8Array) => stream.enqueue(typeof data === "string" ? encoder.encode(data) : data);
    open.push({ url, signal: signal!, tell, end: () => stream.close() });
    return new Response(body, { status });
  };
  const state = { ended: 0 };
  const rest = new Rest({ url: "https://x", token: "t" }, 1_000, request);
  const listener = listenBy(rest, 1_000, () => state.ended++, clock);
  return { clock, open, state, listener };
}

/** Subscribes to a channel that stands. */
async function subscribed(channel = "a,b/c") {
  const all = listening();
  const received: string[] = [];
  const done = all.listener.subscribe(channel, (text) => received.push(text));
  await settle();
  all.open[0]!.tell(`data: subscribe,${channel},1\n\n`);
  await done;
  return { ...all, stream: all.open[0]!, received };
}

export const tests: TestCase[] = suite("upstash events", {
  async "stands when the server says so, and receives what is sent on its channel alone, however it is cut"() {
    const { stream, received } = await subscribed();
    same(stream.url, "https://x/subscribe/a%2Cb%2Fc");
    stream.tell('data: message,a,b/c,{"k":"1,2"}\r\n\n: comment\nevent: x\ndata: message,a,b/d,other\ndata:mess');
    await settle();
    stream.tell("age,a,b/c,second\nda");
    await settle();
    stream.tell("ta: message,a,b/c,\n");
    await settle();
    equal(received, ['{"k":"1,2"}', "second", ""]);
  },

  async "keeps a letter whole that comes in two parts"() {
    const all = listening();
    const received: string[] = [];
    const done = all.listener.subscribe("c", (text) => received.push(text));
    await settle();
    all.open[0]!.tell("data: subscribe,c,1\n");
    await done;
    const bytes = new TextEncoder().encode("data: message,c,🗝️\n");
    for (const byte of bytes) {
      all.open[0]!.tell(Uint8Array.of(byte));
      await settle();
    }
    equal(received, ["🗝️"]);
  },

  async "ends once when one of its answers ends, and ends the others"() {
    const { stream, state, listener, open } = await subscribed();
    const second = listener.subscribe("other", () => {});
    await settle();
    open[1]!.tell("data: subscribe,other,2\n");
    await second;
    stream.end();
    await settle();
    same(state.ended, 1);
    ok(open[1]!.signal.aborted);
    listener.close();
    await settle();
    same(state.ended, 1);
  },

  async "ends an answer that has told nothing for a minute, but not one that tells something"() {
    const { stream, state, clock } = await subscribed();
    await clock.advance(50_000);
    stream.tell(": still there\n");
    await settle();
    await clock.advance(50_000);
    same(state.ended, 0);
    await clock.advance(10_000);
    await settle();
    same(state.ended, 1);
    ok(stream.signal.aborted);
  },

  async "gives up a channel that does not stand in time, or that is none"() {
    const { listener, clock, open } = listening();
    const late = rejects(() => listener.subscribe("c", () => {}), Error);
    await settle();
    await clock.advance(1_000);
    await late;
    ok(open[0]!.signal.aborted);
    const refused = listening(401);
    await rejects(() => refused.listener.subscribe("c", () => {}), Error);
    const odd = listening();
    const done = rejects(() => odd.listener.subscribe("c", () => {}), Error);
    await settle();
    odd.open[0]!.tell("data: hello\n");
    await done;
  },

  async "closes and leaves without having ended"() {
    const { listener, state, stream } = await subscribed();
    await listener.unsubscribe("a,b/c");
    await settle();
    ok(stream.signal.aborted);
    same(state.ended, 0);
    const other = await subscribed();
    other.listener.close();
    await settle();
    ok(other.stream.signal.aborted);
    same(other.state.ended, 0);
  },

  "says of what does not fit that anything may have changed"() {
    const small = JSON.stringify({ origin: "o", news: [{ by: "keys", keys: ["k"] }] });
    same(fitting(small), small);
    const large = JSON.stringify({ origin: "o", news: [{ by: "keys", keys: ["k".repeat(200_000)] }] });
    equal(JSON.parse(fitting(large) as string), { origin: "o", news: [{ by: "prefix", prefix: "" }] });
  },
});
