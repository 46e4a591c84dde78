/** `tiercel serve`: the admin pages on a port. */
import process from "node:process";
import { command } from "../command.ts";
import { EXIT, Failure, usage } from "../failure.ts";
import { listen } from "../http-server.ts";
import { profilesOf } from "../profiles.ts";

export default command({
  meta: {
    name: "serve",
    description: "Serve pages and an API to look after the cache, behind a token that is printed once",
  },
  args: {
    port: { type: "string", alias: "p", valueHint: "n", description: "Port; 0 is any that is free (default: 7070)" },
    host: { type: "string", valueHint: "address", description: "Address to listen on (default: 127.0.0.1)" },
    "read-only": { type: "boolean", description: "Refuse every change" },
  },
  details:
    "Needs the packages hono, valibot and @valibot/to-json-schema. The token is new at each start, unless TIERCEL_ADMIN_TOKEN has one of at least 16 characters.",
  examples: ["tiercel serve", "tiercel serve --url redis://localhost --read-only"],
  tells: true,
  async does(session) {
    const { output, signal } = session;
    const text = session.option("port") ?? "7070";
    const port = Number(text);
    if (!/^\d+$/.test(text) || port > 65_535) throw usage("Cannot use --port as it must be 0 to 65535");
    const host = session.option("host") ?? "127.0.0.1";
    const { adminRouter } = await load();
    const cache = await session.open({ isLong: true });
    const { where } = await session.whole();
    const { accessLog, evictionLog, hotKeys } = await import("../../src/observe/mod.ts");
    const { prometheus } = await import("../../src/observe/prometheus.ts");
    const store = await session.store();
    const given = process.env.TIERCEL_ADMIN_TOKEN || undefined;
    // The router would name an option of its own.
    if (given !== undefined && !/^[\x21-\x7e]{16,}$/.test(given))
      throw usage("Cannot use TIERCEL_ADMIN_TOKEN as it must be at least 16 visible ASCII characters");
    const token = given ?? randomToken();
    const hasLogs = store.logs !== undefined;
    const profiles = store.profiles && (await profilesOf(session));
    const { ttl } = (await session.config()).config;
    // That of the profile is for who has none.
    if (profiles && ttl !== undefined) cache.configure({ ttl });
    const app = adminRouter({
      cache,
      auth: { token },
      readOnly: session.flag("read-only") || store.capabilities.readOnly === true,
      hotKeys: hotKeys(cache, { persist: false }),
      ...(hasLogs && { accessLog: accessLog(cache), evictionLog: evictionLog(cache) }),
      ...(profiles && { profiles }),
      metrics: prometheus(cache),
    });
    let server: Awaited<ReturnType<typeof listen>>;
    try {
      server = await listen((request) => app.fetch(request), host, port);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw usage(
        `Cannot listen on ${host}:${port}: ${code === "EADDRINUSE" ? "the port is taken" : code}`,
        code === "EADDRINUSE" || code === "EACCES" ? "choose another --port" : "choose another --host",
      );
    }
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${server.port}/`;
    if (output.json) await output.document({ url, ...(given === undefined && { token }), store: where });
    else {
      await output.line(`${url} serves ${cache.name} in ${where}`);
      if (given === undefined) await output.line(`token: ${token}`);
    }
    try {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    } finally {
      await server.close();
    }
    return EXIT.ok;
  },
});

/** 192 random bits. */
function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return Buffer.from(bytes).toString("base64url");
}

/** @throws {Failure} when the package hono is missing */
async function load(): Promise<typeof import("../../adapters/hono/admin.ts")> {
  try {
    return await import("../../adapters/hono/admin.ts");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && !/resolve|find (module|package)/i.test(message)) throw error;
    throw new Failure(
      "Cannot serve as hono, valibot and @valibot/to-json-schema must be installed: received none or not all",
      EXIT.store,
      {
        cause: error,
        fix: "npm install hono valibot @valibot/to-json-schema",
      },
    );
  }
}
