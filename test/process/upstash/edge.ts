// Bundled and evaluated in the VM of edge-runtime.
import { type Outcome, type Place, runContract } from "./contract.ts";

declare const host: { readonly place: Place; done(outcome: Outcome): void };

// There is none at the edge. The test kit has taken hold of it by now.
delete (globalThis as { setImmediate?: unknown }).setImmediate;

runContract(host.place, "edge").then(
  (outcome) => host.done(outcome),
  (error: unknown) => host.done({ passed: 0, failed: [String(error)] }),
);
