// Bundled and evaluated in the VM of edge-runtime.
import { failureOf, testsOf } from "./contract.ts";

declare const host: { readonly url: string; done(failures: Record<string, string>, count: number): void };

// There is none at the edge. The test kit has taken hold of it by now.
delete (globalThis as { setImmediate?: unknown }).setImmediate;

const tests = testsOf(host.url);
const failures: Record<string, string> = {};
for (const test of tests) {
  const failure = await failureOf(test);
  if (failure !== undefined) failures[test.name] = failure;
}
host.done(failures, tests.length);
