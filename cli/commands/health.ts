/** `tiercel health`: whether the store answers. */
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";
import { reasonOf } from "../reason.ts";
import { duration } from "../units.ts";

export default command({
  meta: { name: "health", description: "Ask every tier whether it answers; exit code 3 when one does not" },
  examples: ["tiercel health --json"],
  tells: true,
  async does(session) {
    const { output, signal } = session;
    const { cache } = await session.whole();
    const { status, tiers } = await cache.health({ signal });
    if (output.json)
      await output.document({
        status,
        tiers: tiers.map(({ name, ok, latency, breaker, entries, error }) => ({
          ...{ name, ok, latency, breaker, entries: entries ?? null },
          error: error === undefined ? null : reasonOf(session, name, error),
        })),
      });
    else {
      await output.line(status === "ok" ? output.green("ok") : output.red(status));
      await output.table(
        ["TIER", "OK", "LATENCY", "BREAKER", "ERROR"],
        tiers.map(({ name, ok, latency, breaker, error = "" }) => [
          name,
          ok ? "yes" : "no",
          duration(latency),
          breaker,
          reasonOf(session, name, error),
        ]),
      );
    }
    return status === "ok" ? EXIT.ok : EXIT.store;
  },
});
