/**
 * `waitUntil` of the request at hand, on Cloudflare.
 *
 * @module
 */
import { builtin, userAgent } from "../adapters/sql/builtin.ts";

/** The slice of the module that is used. */
interface Workers {
  /** Extends the request in which it is called; throws outside of one. Old runtimes have none. */
  waitUntil?(work: Promise<unknown>): void;
}

// In a variable, which no bundler follows: Vite ends with an error where it finds the name and does not know of Workers.
const MODULE = "cloudflare:workers";

let workers: Workers | undefined;

/**
 * What to give to a cache as `waitUntil` in a Worker: extends whichever request calls it, and does nothing outside of one.
 * `undefined` in other runtimes.
 */
export function cloudflareWaitUntil(): ((work: Promise<unknown>) => void) | undefined {
  if (userAgent() !== "Cloudflare-Workers") return undefined;
  workers ??= builtin<Workers>(MODULE);
  return (work) => {
    if (workers) extend(workers, work);
    // Without nodejs_compat it comes some microtasks later, in the same request.
    else void import(MODULE).then((module: Workers) => extend((workers = module), work)).catch(() => {});
  };
}

function extend({ waitUntil }: Workers, work: Promise<unknown>): void {
  try {
    waitUntil?.(work);
  } catch {
    // Outside of a request the work goes on by itself, as far as it can.
  }
}
