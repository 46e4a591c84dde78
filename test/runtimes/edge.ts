// Bundled and evaluated in the VM of edge-runtime, see scripts/hosts/edge.mjs.
import { run } from "./run.ts";

declare const host: { readonly grep: string; readonly print: (text: string) => void; done(failed: number): void };

// There is none at the edge. The test kit has taken hold of it by now.
delete (globalThis as { setImmediate?: unknown }).setImmediate;

run({ runtime: "edge", grep: host.grep, print: host.print }).then(
  ({ failed }) => host.done(failed),
  (error: unknown) => {
    host.print(String(error));
    host.done(1);
  },
);
