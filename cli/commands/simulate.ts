/** `tiercel simulate`: how large a memory tier should be, and under which policy. */
import { writeFileSync } from "node:fs";
import { command } from "../command.ts";
import { usage } from "../failure.ts";
import { Progress } from "../progress.ts";
import { plot } from "../simulate/plot.ts";
import { type Curve, hitRatio, POLICIES, sizesFor } from "../simulate/replay.ts";
import { svg } from "../simulate/svg.ts";
import { readTrace } from "../simulate/trace.ts";
import { count, percent } from "../units.ts";

export default command({
  meta: { name: "simulate", description: "Replay a trace of keys: hit ratio by size and policy, as a plot and as SVG" },
  args: {
    file: {
      type: "positional",
      description: "File with a key a line in the order they were asked for (.gz too), or -",
    },
    sizes: {
      type: "string",
      valueHint: "n,…",
      description: "Numbers of entries, with commas between (default: twelve up to all keys)",
    },
    policy: {
      type: "string",
      valueHint: "name",
      description: "default, lru, lfu or fifo; may be given several times (default: all)",
    },
    svg: { type: "string", valueHint: "file", description: "Write the plot there as well" },
  },
  details: "Needs no store. Each policy is a read-through cache: what is not there is put there.",
  examples: ["tiercel simulate requests.txt", "tiercel simulate requests.gz --sizes 1000,10000,100000 --svg plot.svg"],
  async does(session) {
    const { output, positionals, signal } = session;
    const [file = "-"] = positionals;
    const names = Object.keys(POLICIES);
    const chosen = session.options("policy").flatMap((text) => text.split(","));
    const unknown = chosen.find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw usage(
        `Cannot use --policy as it must be one of ${names.join(", ")}: received ${JSON.stringify(unknown.slice(0, 20))}`,
      );
    const trace = await readTrace(file);
    const sizes = sizesOf(session.option("sizes")) ?? sizesFor(trace.distinct, 12);
    const policies = chosen.length > 0 ? [...new Set(chosen)] : names;
    const progress = new Progress(output, "Replaying", policies.length * sizes.length);
    let done = 0;
    const curves: Curve[] = [];
    for (const policy of policies) {
      const ratios: number[] = [];
      for (const size of sizes) {
        // Lets Ctrl-C through.
        await new Promise((resolve) => setTimeout(resolve));
        signal.throwIfAborted();
        ratios.push(hitRatio(trace, policy, size));
        progress.update(++done);
      }
      curves.push({ policy, ratios });
    }
    progress.end();
    const image = session.option("svg");
    if (image !== undefined) writeFileSync(image, svg(`Hit ratios of ${file}`, sizes, curves));
    const requests = trace.keys.length;
    if (output.json)
      return output.document({
        requests,
        keys: trace.distinct,
        sizes,
        policies: Object.fromEntries(curves.map(({ policy, ratios }) => [policy, ratios])),
      });
    output.note(`${count(requests)} requests for ${count(trace.distinct)} keys`);
    await output.table(
      ["ENTRIES", ...curves.map(({ policy }) => policy.toUpperCase())],
      sizes.map((size, at) => [count(size), ...curves.map(({ ratios }) => percent(ratios[at]!))]),
    );
    await output.line("");
    await output.line(plot(sizes, curves).join("\n"));
    if (image !== undefined) output.note(`wrote ${image}`);
  },
});

/** @throws {Failure} for what are no sizes */
function sizesOf(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const sizes = text.split(",").map((one) => Number(one.trim()));
  if (sizes.some((size) => !Number.isSafeInteger(size) || size < 1))
    throw usage("Cannot use --sizes as they must be integers above 0 with commas between");
  return [...new Set(sizes)].sort((a, b) => a - b);
}
