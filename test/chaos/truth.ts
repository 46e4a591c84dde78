/**
 * What a cache may answer: the source that it caches, whose values only ever grow, and for each key the least that is
 * still right since its last change was acknowledged.
 *
 * @module
 */

/** A value of the source. */
export interface Value {
  readonly key: string;
  readonly version: number;
}

export class Truth {
  readonly keys: readonly string[];
  readonly #versions = new Map<string, number>();
  readonly #floors = new Map<string, number>();

  constructor(count: number) {
    this.keys = Array.from({ length: count }, (_, i) => `key ${i}`);
  }

  /** What the source has now. */
  value(key: string): Value {
    return { key, version: this.#versions.get(key) ?? 0 };
  }

  /** The tag that a key shares with some others. */
  tag(key: string): string {
    return `tag ${Number(key.slice(4)) % 20}`;
  }

  tagged(tag: string): string[] {
    return this.keys.filter((key) => this.tag(key) === tag);
  }

  /** The source changes; the cache does not know yet. */
  change(keys: readonly string[]): ReadonlyMap<string, number> {
    return new Map(
      keys.map((key) => {
        const version = (this.#versions.get(key) ?? 0) + 1;
        this.#versions.set(key, version);
        return [key, version];
      }),
    );
  }

  /** The cache has acknowledged the change. */
  acknowledge(versions: ReadonlyMap<string, number>): void {
    for (const [key, version] of versions) this.#floors.set(key, Math.max(version, this.floor(key)));
  }

  floor(key: string): number {
    return this.#floors.get(key) ?? 0;
  }

  /**
   * Why a value is wrong, if it is.
   *
   * @param floor of the key when the value was asked for
   */
  fault(key: string, value: unknown, floor: number): string | undefined {
    const { key: of, version } = (value ?? {}) as Partial<Value>;
    if (of !== key || typeof version !== "number") return `${key}: received ${JSON.stringify(value)}`;
    if (version < floor) return `${key}: received version ${version}, which version ${floor} had taken the place of`;
    return version > this.value(key).version ? `${key}: received version ${version}, which never was` : undefined;
  }
}
