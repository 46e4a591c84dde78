/**
 * Encryption by the keys of the environment or the config, and whether a tier does it.
 *
 * @module
 */
import process from "node:process";
import type { Tier } from "../mod.ts";
import type { Config } from "./config.ts";
import { usage } from "./failure.ts";

/** The keys, the one in force first; from the environment or the config, never from an argument. */
function keysOf({ encryption }: Config): { readonly keys: readonly string[]; readonly from: string } {
  const variable = process.env.TIERCEL_KEYS ?? "";
  if (variable === "") return { keys: encryption?.keys ?? [], from: "the config's encryption.keys" };
  const keys = variable.split(/[\s,]+/).filter((key) => key !== "");
  // As by "$NEW,$OLD" where neither is set: what was to be secret would be stored in the clear.
  if (keys.length === 0) throw usage("Cannot use TIERCEL_KEYS as it must have a key: received separators alone");
  return { keys, from: "TIERCEL_KEYS" };
}

/** Whether keys are given. */
export function hasKeys(config: Config): boolean {
  return keysOf(config).keys.length > 0;
}

/**
 * The option of a store by URL; nothing where there are no keys.
 *
 * @throws {Failure} for what is no key, and for a config that wants encryption without one
 */
export async function encryptionOf(config: Config): Promise<object> {
  const { encryption: own } = config;
  const { keys, from } = keysOf(config);
  const [current, ...previous] = keys;
  if (current === undefined) {
    if (own === undefined) return {};
    throw usage("Cannot use the config's encryption as it must have a key: received none", "in keys or TIERCEL_KEYS");
  }
  const { encryption, keyRing } = await import("../src/bytes/encryption/mod.ts");
  try {
    const ring = keyRing({ current, previous, names: own?.names });
    return { encryption: encryption(ring, { hashKeys: own?.hashKeys ?? false, allowPlain: own?.allowPlain ?? false }) };
  } catch (error) {
    throw usage(String((error as Error).message).replace(/^Cannot use \w+/, `Cannot use a key of ${from}`));
  }
}

/**
 * Refuses keys that tiers made by the config have no use for.
 *
 * @throws {Failure} where something would be stored in the clear
 */
export async function checkEncryption(config: Config, tiers: readonly Tier[], what: string): Promise<void> {
  const fix = "give the tiers encryption() of tiercel/encryption";
  if (config.encryption)
    throw usage(`Cannot use the config's encryption for its ${what} as it is for stores by URL alone`, fix);
  if (!hasKeys(config)) return;
  for (const tier of tiers) {
    const { durable = false, shared = false } = tier.capabilities;
    if ((durable || shared) && !(await encrypts(tier)))
      throw usage(
        `Cannot use TIERCEL_KEYS for the config's ${what} as ${tier.name} does not encrypt`,
        `${fix}, or unset it`,
      );
  }
}

/** Whether what a tier stores is encrypted: by what it makes of a value before it stores it. */
export async function encrypts(tier: Tier): Promise<boolean> {
  const entry = {
    value: 0,
    createdAt: Date.now(),
    freshUntil: Infinity,
    staleUntil: Infinity,
    tags: [],
    sequence: undefined,
    version: undefined,
    loadTime: 0,
    profile: undefined,
  };
  const [sealed] = (await tier.prepare?.([{ key: "x", entry }])) ?? [];
  const value = sealed?.entry.value;
  if (!(value instanceof Uint8Array)) return false;
  const { isEncrypted } = await import("../src/bytes/payload.ts");
  return isEncrypted(value);
}
