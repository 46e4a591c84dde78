/**
 * Spans and metrics of a cache for OpenTelemetry, `tiercel/opentelemetry`. Needs `@opentelemetry/api`.
 *
 * @module
 */
import {
  type Attributes,
  context,
  type MeterProvider,
  metrics,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import type { Cache } from "../api.ts";
import type { Engine } from "../engine.ts";
import { checkOptions, methods, oneOf } from "../errors.ts";
import type { LoadContext, Loader } from "../load/loader.ts";
import { ended } from "../maybe.ts";
import type { AnyScopes } from "../scope/types.ts";
import { sha256 } from "../sha256.ts";
import type { MaybePromise, ReadResult } from "../tier.ts";
import { verbsOf } from "../verbs/inside.ts";
import { Verbs } from "../verbs/verbs.ts";
import { observeNumbers } from "./opentelemetry-metrics.ts";
import { labelOf } from "./view-label.ts";
import { watch } from "./watch.ts";

/** Options of {@linkcode openTelemetry}. */
export interface OpenTelemetryOptions {
  /** Default: the global one. */
  tracerProvider?: TracerProvider | undefined;
  /** Default: the global one. */
  meterProvider?: MeterProvider | undefined;
  /** What spans say of keys: nothing, or the first 16 digits of the SHA-256. Default `"omit"`. */
  keys?: "omit" | "hash" | undefined;
  /**
   * Which hits in memory get a span: none, those within another span that is recorded, or all. To look for the span around it takes half as
   * long as a hit, and to make one many times as long. Default `"none"`.
   */
  hits?: "within" | "all" | "none" | undefined;
}

/** Verbs that get a span. Those of one key have it as their first argument. */
const VERBS = [
  "get",
  "getEntry",
  "getMany",
  "getOrSet",
  "getOrSetMany",
  "set",
  "setMany",
  "has",
  "delete",
  "touch",
  "keys",
  "meta",
  "size",
  "invalidateTags",
  "invalidatePattern",
  "invalidateScope",
  "clear",
  "prune",
  "evict",
  "evictAll",
] as const;
const OF_ONE_KEY: readonly string[] = ["get", "getEntry", "getOrSet", "set", "has", "touch", "meta", "evict"];
const READS: readonly string[] = ["get", "getEntry", "getOrSet"];
const OF_MANY_KEYS: readonly string[] = ["getMany", "getOrSetMany"];

type Verb = (typeof VERBS)[number];

/** An operation whose span is open. */
interface Operation {
  readonly span: Span;
  /** The last tier that had something. */
  tier?: string;
  outcome?: "hit" | "stale" | "miss";
}

/**
 * Makes spans and metrics of what a cache does, until the function that it returns is called.
 *
 * A span for each operation but a hit in memory (see `hits`), with its outcome (`hit`, `stale`, `miss`) and the tier that answered; within
 * it one for each operation of a tier where there are several, and one for the loader of `getOrSet`, in which the loader's own spans are.
 * Spans find each other by the context manager that was registered with `@opentelemetry/api`; without one, those of the tiers are left out.
 * They have no ids of scopes in their names. Views of the cache that were made before (namespaces, scopes, wrapped functions) make no spans, so attach it first, and once. Messages of
 * errors are not in the spans.
 *
 * Metrics are read from the counters when they are collected: `tiercel.reads`, `tiercel.sets`, `tiercel.deletes`, `tiercel.evictions`,
 * `tiercel.tier.reads`, `tiercel.tier.errors`, `tiercel.entries`, `tiercel.memory`, and the histogram `tiercel.load.duration`.
 *
 * @throws {ConfigError} for a wrong option
 */
export function openTelemetry(cache: Cache<AnyScopes>, options: OpenTelemetryOptions = {}): () => void {
  checkOptions(options);
  const { tracerProvider = trace, meterProvider = metrics, keys = "omit", hits = "none" } = options;
  methods("tracerProvider", tracerProvider, "getTracer");
  methods("meterProvider", meterProvider, "getMeter");
  oneOf("keys", ["omit", "hash"], keys);
  oneOf("hits", ["within", "all", "none"], hits);
  const verbs = verbsOf(cache);
  const tracing = new Tracing(tracerProvider.getTracer("tiercel"), verbs.engine, keys === "hash", hits);
  const unwatch = watch(verbs, {
    viewed: (view) => tracing.attach(view),
    around: (tier, operation, call) => tracing.around(tier, operation, call),
    seen: (_, how) => tracing.seen(how),
  });
  const unmeter = observeNumbers(cache, meterProvider.getMeter("tiercel"));
  return () => {
    unwatch();
    tracing.detach();
    unmeter();
  };
}

class Tracing {
  readonly #tracer: Tracer;
  readonly #engine: Engine;
  readonly #hashes: boolean;
  readonly #hits: "within" | "all" | "none";
  readonly #operations = new WeakMap<Span, Operation>();
  readonly #traced: object;
  /** How many operations are under way. */
  #open = 0;
  #isOver = false;

  constructor(tracer: Tracer, engine: Engine, hashes: boolean, hits: "within" | "all" | "none") {
    this.#tracer = tracer;
    this.#engine = engine;
    this.#hashes = hashes;
    this.#hits = hits;
    this.#traced = this.#prototype();
  }

  /** Puts spans around the verbs of a view. */
  attach(view: Verbs): void {
    Object.setPrototypeOf(view, this.#traced);
  }

  /** Views that there are go on without spans. */
  detach(): void {
    this.#isOver = true;
  }

  /** Verbs with spans: views have it for their prototype, which costs a call less than methods of their own. */
  #prototype(): object {
    const tracing = this;
    const traced = Object.create(Verbs.prototype) as Record<string, unknown>;
    const { quickText } = Verbs.prototype;
    for (const verb of VERBS) {
      const own = Verbs.prototype[verb] as (...args: never[]) => MaybePromise<unknown>;
      const isOfMany = OF_MANY_KEYS.includes(verb);
      traced[verb] = function (this: Verbs, ...args: unknown[]) {
        // Hits of many keys have no spans beside that of their call.
        const view = isOfMany ? Object.create(this, { quickText: { value: quickText } }) : this;
        return tracing.#run(this, verb, args, (given) => own.apply(view, given as never[]));
      };
    }
    const isAll = this.#hits === "all";
    if (this.#hits !== "none")
      traced.quickText = function (this: Verbs, text: string) {
        const value = quickText.call(this, text);
        if (value !== undefined && !tracing.#isOver && (isAll || isRecording())) tracing.#hit(this, text);
        return value;
      };
    return traced;
  }

  #hit(view: Verbs, text: string): void {
    const attributes = this.#attributes(view, "get", text);
    attributes["tiercel.outcome"] = "hit";
    attributes["tiercel.tier"] = this.#engine.store.tiers[0]!.name;
    this.#tracer.startSpan(`get ${labelOf(view)}`, { attributes }).end();
  }

  #attributes(view: Verbs, operation: string, text?: string): Attributes {
    const attributes: Attributes = { "tiercel.cache": labelOf(view), "tiercel.operation": operation };
    if (this.#hashes && text !== undefined)
      attributes["tiercel.key.hash"] = sha256(new TextEncoder().encode(text)).slice(0, 16);
    return attributes;
  }

  #run(
    view: Verbs,
    verb: Verb,
    args: unknown[],
    call: (args: unknown[]) => MaybePromise<unknown>,
  ): MaybePromise<unknown> {
    if (this.#isOver) return call(args);
    const text = this.#hashes && OF_ONE_KEY.includes(verb) ? textOf(view, args[0]) : undefined;
    const span = this.#tracer.startSpan(`${verb} ${labelOf(view)}`, { attributes: this.#attributes(view, verb, text) });
    const operation: Operation = { span };
    this.#operations.set(span, operation);
    const within = trace.setSpan(context.active(), span);
    let hasLoaded = false;
    const given = [...args];
    if (verb === "getOrSet" && typeof args[1] === "function") {
      given[1] = (told: LoadContext) => {
        hasLoaded = true;
        const loading = this.#tracer.startSpan(
          `load ${labelOf(view)}`,
          { attributes: this.#attributes(view, "load", text) },
          within,
        );
        return this.#through(loading, () =>
          context.with(trace.setSpan(within, loading), () => (args[1] as Loader)(told)),
        );
      };
    }
    this.#open++;
    const isRead = READS.includes(verb);
    return this.#through(
      span,
      () => context.with(within, () => call(given)),
      (answer) => {
        this.#open--;
        if (!isRead) return;
        // Without a context manager nobody has told.
        const outcome = operation.outcome ?? (hasLoaded || answer === undefined ? "miss" : "hit");
        span.setAttribute("tiercel.outcome", outcome);
        const tier =
          operation.tier ?? (this.#engine.store.tiers.length === 1 ? this.#engine.store.tiers[0]!.name : undefined);
        if (outcome !== "miss" && tier !== undefined) span.setAttribute("tiercel.tier", tier);
      },
    );
  }

  /** Ends a span with what is done in it. */
  #through<T>(span: Span, step: () => MaybePromise<T>, last?: (answer: T | undefined) => void): MaybePromise<T> {
    return ended(
      step,
      (answer) => {
        last?.(answer);
        span.end();
        return answer;
      },
      (error): never => {
        last?.(undefined);
        fail(span, error);
        throw error;
      },
    );
  }

  /** How a read went, told to the operation that it is part of. */
  seen(how: "hits" | "misses" | "staleHits"): void {
    if (this.#open === 0) return;
    const operation = this.#current();
    if (operation) operation.outcome = how === "hits" ? "hit" : how === "misses" ? "miss" : "stale";
  }

  #current(): Operation | undefined {
    const span = trace.getSpan(context.active());
    return span && this.#operations.get(span);
  }

  /** A span around an operation of a tier that is part of one of ours. */
  around<T>(tier: string, operation: string, call: () => MaybePromise<T>): MaybePromise<T> {
    const parent = this.#open > 0 ? trace.getSpan(context.active()) : undefined;
    if (!parent) return call();
    const span = this.#tracer.startSpan(`${tier} ${operation}`, {
      attributes: { "tiercel.tier": tier, "tiercel.operation": operation },
    });
    return this.#through(
      span,
      () => context.with(trace.setSpan(context.active(), span), call),
      (answer) => {
        if (operation !== "getMany" || !answer) return;
        const { entries } = answer as unknown as ReadResult;
        const found = entries.filter((entry) => entry !== undefined).length;
        span.setAttribute("tiercel.hits", found);
        const own = this.#operations.get(parent);
        if (own && found > 0) own.tier = tier;
      },
    );
  }
}

/** Whether what runs is part of a span that is recorded. */
function isRecording(): boolean {
  const within = context.active();
  return within !== ROOT_CONTEXT && Boolean(trace.getSpan(within)?.isRecording());
}

function textOf(view: Verbs, key: unknown): string | undefined {
  try {
    return view.space.encode(key as string);
  } catch {
    // The verb says so.
    return undefined;
  }
}

/** The kind of an error alone: its message may have in it what is nobody's business. */
function fail(span: Span, error: unknown): void {
  const { code, name } = (Object(error) === error ? error : {}) as { code?: unknown; name?: unknown };
  span.setAttribute("error.type", String(code ?? name ?? typeof error));
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
