/**
 * Which store a command works with.
 *
 * @module
 */
import process from "node:process";
import type { Config } from "./config.ts";

/** The file that is used where nothing else is said. */
const STANDARD = ".tiercel/cache.db";

/** A store, by what names it. */
export type StoreChoice =
  | { readonly by: "--url" | "TIERCEL_URL" | "url of the config" | "the standard place"; readonly url: string }
  | { readonly by: "cache of the config" | "tiers of the config"; readonly url?: undefined };

/** The first that there is: `--url`, `TIERCEL_URL`, what the config has, the standard place. */
export function chooseStore(url: string | undefined, config: Config): StoreChoice {
  if (url !== undefined) return { by: "--url", url };
  // An empty variable is how a shell says that there is none.
  const inEnvironment = process.env.TIERCEL_URL;
  if (inEnvironment) return { by: "TIERCEL_URL", url: inEnvironment };
  if (config.cache) return { by: "cache of the config" };
  if (config.tiers) return { by: "tiers of the config" };
  return config.url === undefined
    ? { by: "the standard place", url: STANDARD }
    : { by: "url of the config", url: config.url };
}
