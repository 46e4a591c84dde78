/**
 * Prometheus's text format, version 0.0.4. `# UNIT` is of OpenMetrics, and a comment here.
 *
 * @module
 */

type Labels = Readonly<Record<string, string>>;

/** Writes one sample. */
export type WriteSample = (value: number, labels: Labels) => void;

/** A histogram: counts per bound, not yet added up. */
export interface Histogram {
  readonly labels: Labels;
  /** The last is `Infinity`. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A text that is made family by family. */
export class Exposition {
  readonly #prefix: string;
  readonly #labels: Labels;
  readonly #lines: string[] = [];

  constructor(prefix: string, labels: Labels) {
    this.#prefix = prefix;
    this.#labels = labels;
  }

  get text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  /** Metrics of one name. Without samples it is left out. */
  family(
    name: string,
    type: "counter" | "gauge",
    help: string,
    write: (sample: WriteSample) => void,
    unit?: string,
  ): void {
    const whole = `${this.#prefix}_${name}`;
    const lines: string[] = [];
    write((value, labels) => lines.push(this.#sample(whole, value, labels)));
    if (lines.length > 0) this.#lines.push(...head(whole, type, help, unit), ...lines);
  }

  histogram(name: string, help: string, unit: string, all: readonly Histogram[]): void {
    if (all.length === 0) return;
    const whole = `${this.#prefix}_${name}`;
    this.#lines.push(...head(whole, "histogram", help, unit));
    for (const { labels, bounds, counts, sum } of all) {
      let below = 0;
      bounds.forEach((bound, i) => {
        below += counts[i]!;
        this.#lines.push(this.#sample(`${whole}_bucket`, below, { ...labels, le: number(bound) }));
      });
      this.#lines.push(this.#sample(`${whole}_sum`, sum, labels), this.#sample(`${whole}_count`, below, labels));
    }
  }

  #sample(name: string, value: number, labels: Labels): string {
    const pairs = Object.entries({ ...this.#labels, ...labels }).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}{${pairs.join(",")}} ${number(value)}`;
  }
}

function head(name: string, type: string, help: string, unit: string | undefined): string[] {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
  return unit === undefined ? lines : [...lines, `# UNIT ${name} ${unit}`];
}

function number(value: number): string {
  return value === Infinity ? "+Inf" : String(value);
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}
