/** Bundled and run by workerd: `/` lists the names of the tests, `/3` runs the fourth. `?url` is that of the database. */
import { failureOf, testsOf } from "./contract.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const tests = testsOf(searchParams.get("url")!);
    if (pathname === "/") return Response.json(tests.map(({ name }) => name));
    return Response.json({ failure: await failureOf(tests[Number(pathname.slice(1))]!) });
  },
};
