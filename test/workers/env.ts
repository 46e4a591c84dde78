/** What a suite finds in a worker: the bindings that scripts/hosts/miniflare.mjs makes. */

/** Given to `suites(env)`. Bindings are `unknown`: a suite casts one to the slice that its adapter declares. */
export interface WorkerEnv {
  /** A D1 database, empty at the start and shared by all tests. */
  readonly DB: unknown;
  /** A KV namespace, empty at the start and shared by all tests. */
  readonly KV: unknown;
  /** An R2 bucket, empty at the start and shared by all tests. */
  readonly R2: unknown;
  /** A service of another Worker, which answers to every name with a method. */
  readonly API: unknown;
  /** The storage of an object with SQLite, new for each test: only in a file that exports `place = "object"`. */
  readonly storage?: unknown;
  /** Name of the row, which is the runtime with or without nodejs_compat. */
  readonly RUNTIME: string;
}
