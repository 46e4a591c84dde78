/**
 * What the runtimes without files have in common: memory, until there is an adapter for their storage.
 *
 * @module
 */
import { processVariable, type Runtime } from "./open.ts";

/** The runtime of {@linkcode openWith} where there is memory alone. */
export const withMemoryOnly: Runtime = { schemes: {}, defaultUrl: "memory:", environment: processVariable };
