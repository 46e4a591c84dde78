/**
 * Tests as data, so that one suite runs under every runner: node:test, bun test, deno test, workerd, an edge VM, a page.
 *
 * @module
 */

/** One test. `skip` is the reason why it cannot run here. */
export interface TestCase {
  readonly name: string;
  readonly run: () => void | Promise<void>;
  readonly skip?: string | undefined;
}

/** Names the tests of one subject: `suite("duration", { "reads units": () => … })`. */
export function suite(subject: string, tests: Record<string, TestCase["run"]>): TestCase[] {
  return Object.entries(tests).map(([name, run]) => ({ name: `${subject}: ${name}`, run }));
}
