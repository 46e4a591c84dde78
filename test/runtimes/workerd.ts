// Bundled and run by `workerd test`, see scripts/hosts/workerd.mjs.
import { run } from "./run.ts";

export default {
  async test(_controller: unknown, env: { readonly RUNTIME: string; readonly GREP: string }): Promise<void> {
    const { failed } = await run({ runtime: env.RUNTIME, grep: env.GREP });
    if (failed > 0) throw new Error(`${failed} tests failed`);
  },
};
