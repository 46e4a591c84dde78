/** `true` when both are the very same type. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles when the claim holds. */
export function claim<_Claim extends true>(): void {}
