// Bundled, and run in workerd: POST a place and the name of the runtime, and get the outcome.
import { type Place, runContract } from "./contract.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const { runtime, ...place } = (await request.json()) as Place & { runtime: string };
    return Response.json(await runContract(place, runtime));
  },
};
