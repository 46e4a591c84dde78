/** The caching proxy as a Worker, whose origin is told by its environment. */
import { newProxy } from "./http-forward.ts";

let proxy: ReturnType<typeof newProxy> | undefined;

export default {
  fetch(request: Request, env: { ORIGIN: string; PROFILE: "safe" | "strict" }, context: object): Promise<Response> {
    proxy ??= newProxy(env.ORIGIN, env.PROFILE);
    return proxy(request, env, context);
  },
};
