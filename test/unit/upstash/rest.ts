import { type Fetch, Rest } from "../../../adapters/upstash/rest.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, rejects, same, suite } from "../../contract/mod.ts";

const place = { url: "https://eu1-x.upstash.io", token: "secret-token" };

interface Sent {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** A database that answers the same to all, and what was sent to it. */
function answering(body: string, status = 200, headers: Record<string, string> = {}): { request: Fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    async request(url, init) {
      sent.push({ url, headers: init.headers as Record<string, string>, body: init.body });
      return new Response(status === 204 ? null : body, { status, headers });
    },
  };
}

async function failureOf(request: Fetch): Promise<Error & { code?: string }> {
  return (await rejects(() => new Rest(place, Infinity, request).send(["GET", "key", "value"]), Error)) as Error;
}

export const tests: TestCase[] = suite("upstash rest", {
  async "sends a command as a JSON array, with the token in a header, and answers the result"() {
    const { request, sent } = answering('{"result":["a",1,null,["b"]]}');
    equal(await new Rest({ ...place, url: `${place.url}//` }, 100, request).send(["GET", "kéy\u0000"]), [
      "a",
      1,
      null,
      ["b"],
    ]);
    same(sent[0]?.url, "https://eu1-x.upstash.io/");
    same(sent[0]?.headers.authorization, "Bearer secret-token");
    same(sent[0]?.body, '["GET","kéy\\u0000"]');
  },

  async "gives back the token that tells how far the database had come"() {
    const { request, sent } = answering('{"result":1}', 200, { "upstash-sync-token": "eu=7" });
    const rest = new Rest(place, 100, request);
    await rest.send(["GET", "key"]);
    await rest.send(["GET", "key"]);
    equal(
      sent.map(({ headers }) => headers["upstash-sync-token"]),
      [undefined, "eu=7"],
    );
  },

  async "tells an error of the server by its words, without token or command"() {
    const error = await failureOf(
      answering('{"error":"ERR no secret-token for you, command was: GET value"}', 400).request,
    );
    same(error.message, "Redis failed: ERR no … for you");
    same(error.code, "ERR");
    for (const words of ["NOSCRIPT No matching script.", "ERR NOSCRIPT No matching script"])
      same((await failureOf(answering(JSON.stringify({ error: words }), 400).request)).code, "NOSCRIPT");
  },

  async "takes no answer that is not one"() {
    for (const [body, status] of [
      ["", 200],
      ["{}", 200],
      ["null", 200],
      ["[]", 200],
      ['"result"', 200],
      ['{"result":1}', 500],
      ['{"result":1}', 301],
      ["<html>value</html>", 502],
      ['{"result":"va', 200],
      ["", 204],
    ] as const) {
      const error = await failureOf(answering(body, status).request);
      same(error.message, `Redis failed: an answer with HTTP status ${status} that is not one of Upstash`);
      same(error.code, "ANSWER");
    }
  },

  async "tells nothing of what fetch throws but the code of the system"() {
    const cause = Object.assign(new Error("connect ECONNREFUSED secret.host"), { code: "ECONNREFUSED" });
    const refused = await failureOf(() => Promise.reject(new TypeError("https://secret.host", { cause })));
    same(refused.message, "Redis failed: no answer of Upstash (ECONNREFUSED)");
    same(refused.cause, undefined);
    for (const thrown of [new TypeError("https://secret.host"), "secret", undefined, { code: "a secret" }])
      same((await failureOf(() => Promise.reject(thrown))).message, "Redis failed: no answer of Upstash");
  },

  async "ends a request that takes too long, and the reading of its answer too"() {
    const signals: AbortSignal[] = [];
    const hanging: Fetch = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signals.push(signal!);
        signal!.addEventListener("abort", () => reject(signal!.reason));
      });
    const half: Fetch = async (_, { signal }) => {
      signals.push(signal!);
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"result":'));
          signal!.addEventListener("abort", () => controller.error(signal!.reason));
        },
      });
      return new Response(body);
    };
    for (const request of [hanging, half]) {
      const error = (await rejects(() => new Rest(place, 5, request).send(["GET", "key"]), Error)) as { code?: string };
      same(error.code, "TIMEOUT");
    }
    ok(signals.length === 2 && signals.every(({ aborted }) => aborted));
  },
});
