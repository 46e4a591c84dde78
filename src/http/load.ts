/**
 * One request to the origin: validation, what is made of the answer, and its way into the cache.
 *
 * @module
 */
import type { ForwardReason, Handling } from "./cache-status.ts";
import { requestWith, strongTag, validators } from "./conditions.ts";
import { controlOf } from "./control.ts";
import type { HttpEngine, Task } from "./engine.ts";
import { Fill, type Filled } from "./fill.ts";
import type { Flight } from "./flight.ts";
import type { Times } from "./freshness.ts";
import { newId } from "./key.ts";
import { completed, isBeginning, united } from "./parts.ts";
import type { Findings, Loaded } from "./place.ts";
import { type Part, parseRangeOf } from "./range.ts";
import { isBodiless, isFailure } from "./status.ts";
import { refusal } from "./storable.ts";
import { ageAt, fieldOf, hasValidator, headOf, merged, type StoredHead, type StoredResponse } from "./stored.ts";
import { tagsOf } from "./tags.ts";
import { selectionOf, varyOf } from "./vary.ts";

/** Time for which a body outlives the head that leads to it, so that nobody finds a head without one. */
const BODY_MARGIN = 60_000;

/** A request to the origin under way. */
export class Load {
  readonly #engine: HttpEngine;
  readonly #task: Task;
  readonly #found: Findings;
  readonly #reason: ForwardReason;
  readonly #flight: Flight;
  /** What the client gets. */
  readonly answer: Promise<Response>;
  /** Ends when all is stored, or is not. Never rejects. */
  readonly work: Promise<void>;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #hasBegun = false;

  constructor(engine: HttpEngine, task: Task, found: Findings, reason: ForwardReason, flight: Flight) {
    this.#engine = engine;
    this.#task = task;
    this.#found = found;
    this.#reason = reason;
    this.#flight = flight;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.work = this.#run();
  }

  async #run(): Promise<void> {
    const { place } = this.#task;
    const { key, record } = this.#found;
    const loader = (): Promise<Loaded | undefined> => {
      // It may be called again where its request has ended, and is not needed then.
      if (this.#hasBegun) return Promise.resolve(undefined);
      this.#hasBegun = true;
      return this.#load();
    };
    try {
      const other = await place.load(key, record, loader, this.#flight.isOpen);
      if (!this.#hasBegun) await this.#withOther(other?.kind === "response" ? other : undefined);
    } catch (error) {
      // The cache fails: the origin answers.
      if (!this.#hasBegun) await this.#alone();
      else this.#fail(error);
    } finally {
      this.#flight.land(undefined);
    }
  }

  #fail(error: unknown): void {
    this.#flight.land({ error });
    this.#reject(error);
  }

  /** Another process, or another request for the same variant, has stored it meanwhile. */
  async #withOther(record: StoredResponse | undefined): Promise<void> {
    const answer =
      record && (await this.#engine.answer(this.#task, record, { forward: this.#reason, collapsed: true }));
    if (!record || !answer) return this.#alone();
    this.#land(record, undefined, record);
    this.#resolve(answer);
  }

  async #alone(): Promise<void> {
    try {
      this.#resolve(await this.#engine.pass(this.#task, { forward: this.#reason }));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Lets others have the answer too. */
  #land(head: StoredHead, fill: Fill | undefined, record?: StoredResponse): void {
    const { headers } = this.#task.request;
    const vary = fieldOf(head, "vary");
    const names = vary === undefined ? [] : varyOf(new Headers({ vary }));
    if (names !== "*")
      this.#flight.land({ landing: { head, fill, record, names, selection: selectionOf(headers, names) } });
  }

  async #load(): Promise<Loaded | undefined> {
    const { record } = this.#found;
    const engine = this.#engine;
    const requestTime = engine.now();
    let response: Response;
    try {
      response = await this.#completed(await this.#task.forward(this.#request()));
    } catch (error) {
      if (!(await this.#standIn("unreachable"))) this.#fail(error);
      return undefined;
    }
    const times: Times = { requestTime, responseTime: engine.now() };
    if (isFailure(response.status) && (await this.#standIn("error", response.status))) {
      await discard(response);
      return undefined;
    }
    if (response.status === 304 && record && !record.part && hasValidator(record))
      return this.#validated(record, response, times);
    return this.#arrived(response, times);
  }

  /** The request that goes to the origin. */
  #request(): Request {
    const { request } = this.#task;
    const { record } = this.#found;
    const wantsPart = request.headers.has("range") && (!record || record.part);
    // A part is the client's own wish, and its conditions go with it.
    if (wantsPart) return request;
    if (record?.part && isBeginning(record) && (strongTag(record) !== undefined || this.#engine.rules.isStrict)) {
      const headers = validators(request.headers, undefined);
      headers.set("range", `bytes=${record.part.last + 1}-`);
      const tag = strongTag(record);
      if (tag !== undefined) headers.set("if-range", tag);
      return requestWith(request, headers);
    }
    return requestWith(request, validators(request.headers, record?.part ? undefined : record));
  }

  /** The whole, where the beginning is stored and this is the rest of the same (RFC 9111 section 3.4). */
  async #completed(response: Response): Promise<Response> {
    const { record } = this.#found;
    const { request } = this.#task;
    if (response.status !== 206 || !record?.part || request.headers.has("range")) return response;
    const whole = completed(record, response);
    if (whole) return whole;
    // What came fits nothing, and the client wants all.
    await discard(response);
    return this.#task.forward(requestWith(request, validators(request.headers, undefined)));
  }

  /** Serves what is stored in the place of an error, where that is allowed (RFC 9111 section 4.2.4, RFC 5861 section 4). */
  async #standIn(detail: string, status?: number): Promise<boolean> {
    const { record } = this.#found;
    if (!record || record.part || record.noCache || record.noStale) return false;
    const { rules } = this.#engine;
    const { asked } = this.#task;
    const stale = ageAt(record, this.#engine.now()) - record.lifetime;
    const isAllowed = stale < Math.max(record.ifError, asked.staleIfError) || (rules.isStrict && status === undefined);
    if (!isAllowed) return false;
    const answer = await this.#engine.answer(this.#task, record, { forward: "stale", status, ttl: -stale, detail });
    if (!answer) return false;
    this.#land(record, undefined, record);
    this.#resolve(answer);
    return true;
  }

  /** The origin says that what is stored is still good (RFC 9111 section 4.3.4). */
  async #validated(record: StoredResponse, response: Response, times: Times): Promise<Loaded | undefined> {
    const { rules } = this.#engine;
    const { request } = this.#task;
    await discard(response);
    const update = {
      status: record.status,
      statusText: record.statusText,
      headers: merged(record, response.headers, times),
    };
    const control = controlOf(update.headers, rules.targets);
    const fresh: StoredResponse = { ...record, ...headOf(update, control, times, rules, undefined) };
    const handling: Handling = { forward: "stale", status: 304, ttl: fresh.lifetime - fresh.initialAge };
    const ttl = Math.min(this.#retention(fresh), fresh.stream ? fresh.stream.until - times.responseTime : Infinity);
    const isKept = ttl > 0 && refusal(request, fresh.status, update.headers, control, rules) === undefined;
    const answer = await this.#engine.answer(this.#task, fresh, { ...handling, stored: isKept });
    if (isKept) this.#land(fresh, undefined, fresh);
    if (answer) this.#resolve(answer);
    else await this.#alone();
    const tags = this.#tags(update.headers, response);
    return isKept ? this.#placed({ value: fresh, ttl, tags }, times) : undefined;
  }

  #tags(headers: Headers, response: Response): readonly string[] {
    const own = this.#engine.rules.tags?.(this.#task.request, response) ?? [];
    return [...new Set([...tagsOf(headers), ...own])];
  }

  /** For how long it is of use: fresh, in the place of an error, or to be validated. */
  #retention(head: StoredHead): number {
    const { rules } = this.#engine;
    const left = head.lifetime - head.initialAge;
    const stale = Math.max(
      head.noStale ? 0 : Math.max(head.whileRevalidate, head.ifError),
      hasValidator(head) ? rules.keep : 0,
    );
    // Strict: it may stand in when the origin cannot be reached.
    const standIn = rules.isStrict && !head.noStale && !head.noCache ? rules.keep : 0;
    return Math.max(0, left) + Math.max(stale, standIn);
  }

  /** An answer of the origin that is not about what is stored. */
  async #arrived(response: Response, times: Times): Promise<Loaded | undefined> {
    const engine = this.#engine;
    const { rules } = engine;
    const { request } = this.#task;
    const { status, headers } = response;
    const control = controlOf(headers, rules.targets);
    const part = status === 206 ? parseRangeOf(headers) : undefined;
    const isWhole = status !== 206 && !(request.headers.has("range") && status !== 200);
    const head = headOf(response, control, times, rules, part);
    const ttl = this.#retention(head);
    const why = refusal(request, status, headers, control, rules) ?? this.#cannotKeep(response, head, ttl, isWhole);
    const handling: Handling = { forward: this.#reason, status: this.#found.record ? status : undefined };
    if (why !== undefined) {
      this.#resolve(engine.told(response, { ...handling, detail: why }));
      await this.#superseded(response, ttl);
      return undefined;
    }
    if (part) return this.#part(response, head, part, ttl, times, handling);
    const tags = this.#tags(headers, response);
    if (isBodiless(status) || !response.body) {
      this.#land(head, undefined);
      this.#resolve(engine.told(response, { ...handling, stored: true }));
      return this.#placed({ value: this.#record(head, null, response), ttl, tags }, times);
    }
    const id = newId();
    const until = times.responseTime + ttl + Math.max(ttl, rules.keep);
    const { inlineBytes } = rules;
    const { place } = this.#task;
    const spill = place.spill(id, until + BODY_MARGIN - times.responseTime, tags);
    const fill = new Fill(response.body, { inlineBytes, maxBytes: place.maxBytes, spill });
    if (this.#isShareable(head)) this.#land(head, fill);
    else this.#flight.land(undefined);
    const { statusText } = response;
    const own = new Response(fill.open() as BodyInit, { status, statusText, headers: new Headers(headers) });
    this.#resolve(engine.told(own, { ...handling, stored: true, ttl: head.lifetime - head.initialAge }));
    const filled = await fill.finished;
    const whole = this.#whole(head, filled);
    if (!filled || !whole) return undefined;
    const body = "bytes" in filled ? filled.bytes : { id, size: filled.size, until };
    return this.#placed({ value: this.#record(whole, body, response), ttl, tags }, times);
  }

  /** Whether requests that came meanwhile may have it: as much as one that comes now. */
  #isShareable(head: StoredHead): boolean {
    return !head.noCache && head.lifetime - head.initialAge + head.whileRevalidate > 0;
  }

  #cannotKeep(response: Response, head: StoredHead, ttl: number, isWhole: boolean): string | undefined {
    const { rules } = this.#engine;
    const { index } = this.#found;
    const { place } = this.#task;
    if (!isWhole && response.status !== 206) return "range";
    if (!(ttl > 0)) return "stale";
    if (Number(response.headers.get("content-length") ?? 0) > place.maxBytes) return "too-large";
    if (response.redirected) return "redirected";
    const names = varyOf(response.headers);
    if (names === "*" || selectionOf(this.#task.request.headers, names).length > rules.maxHeaderBytes) return "vary";
    // The next request makes an index of all fields that count now.
    if (index && names.some((name) => !index.names.includes(name))) return "vary-changed";
    return head.part && (index || names.length > 0) ? "part" : undefined;
  }

  /** What is stored is outdated by an answer that is not: it is not served any more. */
  async #superseded(response: Response, ttl: number): Promise<void> {
    const { key, record, index } = this.#found;
    const { place, primary } = this.#task;
    try {
      if (index && ttl > 0) await place.forget(primary);
      else if (record && !record.part && response.status < 500) await place.forget(key, record);
    } catch {
      // The cache fails, and it stays.
    }
  }

  #record(
    head: StoredHead,
    body: Uint8Array | { id: string; size: number; until: number } | null,
    response: Response,
  ): StoredResponse {
    const isInline = body === null || body instanceof Uint8Array;
    return {
      ...head,
      kind: "response",
      body: isInline ? body : null,
      stream: isInline ? null : body,
      url: response.url || null,
    };
  }

  /** The head of a body that has come; `undefined` where some of it is missing (RFC 9111 section 3.3). */
  #whole(head: StoredHead, filled: Filled): StoredHead | undefined {
    if (!filled) return undefined;
    const size = "bytes" in filled ? filled.bytes.byteLength : filled.size;
    const length = fieldOf(head, "content-length");
    if (length === undefined || Number(length) === size) return head;
    // Platforms decode bodies and leave their fields as they came.
    if (!this.#engine.rules.isStrict && fieldOf(head, "content-encoding") === undefined) return undefined;
    return { ...head, headers: head.headers.filter(([name]) => name !== "content-length") };
  }

  /** A part, kept where it is short (RFC 9111 section 3.3). */
  async #part(
    response: Response,
    head: StoredHead,
    part: Part,
    ttl: number,
    times: Times,
    handling: Handling,
  ): Promise<Loaded | undefined> {
    const { rules } = this.#engine;
    const { place } = this.#task;
    const fill = new Fill(response.body ?? new Blob([]).stream(), {
      inlineBytes: rules.inlineBytes,
      maxBytes: rules.inlineBytes,
      spill: place.spill(newId(), ttl, []),
    });
    const { status, statusText, headers } = response;
    this.#resolve(
      this.#engine.told(new Response(fill.open() as BodyInit, { status, statusText, headers: new Headers(headers) }), {
        ...handling,
        stored: true,
      }),
    );
    const filled = await fill.finished;
    if (!filled || !("bytes" in filled)) return undefined;
    // Strict: an origin whose Content-Range does not fit its body is taken by its word.
    if (filled.bytes.byteLength !== part.last - part.first + 1 && !rules.isStrict) return undefined;
    const more = united(this.#found.record, { head, part, bytes: filled.bytes }, rules.inlineBytes);
    return this.#placed(
      { value: this.#record(more.head, more.bytes, response), ttl, tags: this.#tags(headers, response) },
      times,
    );
  }

  /** Under the key that was loaded, the response itself or an index that leads to it. */
  async #placed(loaded: Loaded, { responseTime }: Times): Promise<Loaded> {
    const { index, record } = this.#found;
    const { place, primary, request } = this.#task;
    const head = loaded.value as StoredResponse;
    if (record?.stream && record.stream.id !== head.stream?.id) await place.dropBody(record.stream.id);
    if (index) {
      await place.lengthen(primary, index, loaded.ttl, responseTime);
      return loaded;
    }
    const vary = fieldOf(head, "vary");
    const names = vary === undefined ? [] : varyOf(new Headers({ vary }));
    return names === "*" || names.length === 0 ? loaded : place.index(names, request.headers, loaded, responseTime);
  }
}

async function discard(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // It has ended already.
  }
}
