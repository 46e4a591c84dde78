/** One of the handlers of app.ts as a Worker, told by its environment. */
import { type Handler, handlerOf, type Kind } from "./app.ts";

let handler: Handler | undefined;

export default {
  fetch(request: Request, env: { KIND: Kind }, context: object): Response | Promise<Response> {
    handler ??= handlerOf(env.KIND);
    return handler(request, env, context);
  },
};
