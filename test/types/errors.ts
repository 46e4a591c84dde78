import type { ErrorCode } from "../../mod.ts";
import {
  type CacheClosedError,
  type CodecError,
  ConfigError,
  type CorruptError,
  type KeyError,
  type LoadTimeoutError,
  type MissingPackageError,
  type StoreOpenError,
  type StoreSchemaError,
  type SyncUnsupportedError,
  TiercelError,
  TierError,
  type TierLimitError,
  type TierTimeoutError,
  type ValidationError,
  type ValueError,
} from "../../mod.ts";
import { claim, type Same } from "./exact.ts";

// Each class has one literal code.
claim<Same<ConfigError["code"], "CONFIG">>();
claim<Same<KeyError["code"], "KEY">>();
claim<Same<ValueError["code"], "VALUE">>();
claim<Same<CodecError["code"], "CODEC">>();
claim<Same<ValidationError["code"], "VALIDATION">>();
claim<Same<CorruptError["code"], "CORRUPT">>();
claim<Same<CacheClosedError["code"], "CLOSED">>();
claim<Same<LoadTimeoutError["code"], "LOAD_TIMEOUT">>();
claim<Same<TierError["code"], "TIER">>();
claim<Same<TierTimeoutError["code"], "TIER_TIMEOUT">>();
claim<Same<TierLimitError["code"], "TIER_LIMIT">>();
claim<Same<StoreOpenError["code"], "STORE_OPEN">>();
claim<Same<StoreSchemaError["code"], "STORE_SCHEMA">>();
claim<Same<MissingPackageError["code"], "MISSING_PACKAGE">>();
claim<Same<SyncUnsupportedError["code"], "SYNC_UNSUPPORTED">>();

// And every code has its class.
type Thrown =
  | ConfigError
  | KeyError
  | ValueError
  | CodecError
  | ValidationError
  | CorruptError
  | CacheClosedError
  | LoadTimeoutError
  | TierError
  | TierTimeoutError
  | TierLimitError
  | StoreOpenError
  | StoreSchemaError
  | MissingPackageError
  | SyncUnsupportedError;
claim<Same<Thrown["code"], ErrorCode>>();

declare const error: unknown;
if (error instanceof TiercelError) {
  claim<Same<typeof error.code, ErrorCode>>();
  // @ts-expect-error there is no such code
  error.code === "NONE";
  // @ts-expect-error a code never changes
  error.code = "KEY";
}
if (error instanceof ConfigError) claim<Same<typeof error.option, string>>();
if (error instanceof TierError) claim<Same<typeof error.tier, string>>();
// @ts-expect-error the base is not to be made
new TiercelError("text");
