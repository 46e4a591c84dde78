/**
 * One request to the origin: validation, what is made of the answer, and its way into the cache.
 *
 * @module
 */
import { ask, discard } from "./asking.ts";
import { type ForwardReason, type Handling, told } from "./cache-status.ts";
import { isNotModified } from "./conditions.ts";
import { controlOf } from "./control.ts";
import type { Answers, Task } from "./exchange.ts";
import { Fill } from "./fill.ts";
import type { Flight, Landing } from "./flight.ts";
import type { Times } from "./freshness.ts";
import { allTags, headOfWhole, isAstray, isShareable, namesOf, obstacle, recordOf, retention } from "./keeping.ts";
import { newId } from "./key.ts";
import { united } from "./parts.ts";
import type { Findings, Loaded } from "./place.ts";
import { type Part, parseRangeOf } from "./range.ts";
import { isBodiless, isFailure } from "./status.ts";
import { refusal } from "./storable.ts";
import { ageAt, hasValidator, headOf, merged, type StoredHead, type StoredResponse } from "./stored.ts";
import { tagsOf } from "./tags.ts";
import { mayStandIn, useOf } from "./use.ts";
import { selectionOf, varyOf } from "./vary.ts";

/** Time for which a body outlives the head that leads to it, so that nobody finds a head without one. */
const BODY_MARGIN = 60_000;

/** Fields that a 304 has not (RFC 9110 section 15.4.5). */
const OF_THE_BODY = /^content-(?!location$|security-policy)/;

/** A request to the origin under way. */
export class Load {
  readonly #engine: Answers;
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
  /** Whether what comes is stored. */
  #isKept = true;

  constructor(engine: Answers, task: Task, found: Findings, reason: ForwardReason, flight: Flight) {
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
      if (place.isOthers(key)) {
        this.#isKept = false;
        await loader();
        return;
      }
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
    const mayHave = record && isShareable(record) && useOf(record, this.#task.asked, this.#engine.now()) !== "no";
    const answer =
      mayHave && (await this.#engine.answer(this.#task, record, { forward: this.#reason, collapsed: true }));
    if (!answer) return this.#alone();
    this.#land(record, this.#tagsOf(record), { record });
    this.#resolve(answer);
  }

  /** The tags of what is stored, as far as it tells them itself. */
  #tagsOf({ headers }: StoredHead): readonly string[] {
    return tagsOf(new Headers(headers as [string, string][]));
  }

  async #alone(): Promise<void> {
    try {
      this.#resolve(await this.#engine.pass(this.#task, { forward: this.#reason }));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Lets others have the answer too, where it is not for this request alone. */
  #land(head: StoredHead, tags: readonly string[], body: Pick<Landing, "fill" | "record" | "standIn"> = {}): void {
    const { headers } = this.#task.request;
    const names = namesOf(head);
    const isForAll = names !== "*" && (body.standIn !== undefined || isShareable(head));
    this.#flight.land(
      isForAll
        ? {
            landing: {
              head,
              ...body,
              tags,
              names,
              selection: selectionOf(headers, names, this.#engine.rules.isStrict),
            },
          }
        : undefined,
    );
  }

  /** What is stored, for the origin to say whether it is still good, or to have the rest of it. */
  async #known(): Promise<StoredResponse | undefined> {
    const { record } = this.#found;
    if (!record || !this.#task.isOnce) return record;
    if (record.part) return undefined;
    if (!record.stream) return record;
    const body = await this.#task.place.body(record.stream.id);
    await body?.cancel();
    return body && record;
  }

  async #load(): Promise<Loaded | undefined> {
    const record = await this.#known();
    const engine = this.#engine;
    const requestTime = engine.now();
    let response: Response;
    try {
      response = await ask(this.#task, record, engine.rules.isStrict);
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

  /** Serves what is stored in the place of an error, where that is allowed (RFC 9111 section 4.2.4, RFC 5861 section 4). */
  async #standIn(detail: string, status?: number): Promise<boolean> {
    const { record } = this.#found;
    const now = this.#engine.now();
    if (!record || !mayStandIn(record, this.#task.asked, status, this.#engine.rules, now)) return false;
    const ttl = record.lifetime - ageAt(record, now);
    const answer = await this.#engine.answer(this.#task, record, { forward: "stale", status, ttl, detail });
    if (!answer) return false;
    this.#land(record, this.#tagsOf(record), { record, standIn: { status } });
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
    const ttl = Math.min(retention(fresh, rules), fresh.stream ? fresh.stream.until - times.responseTime : Infinity);
    const why =
      refusal(request, fresh.status, update.headers, control, rules) ??
      (isAstray(varyOf(update.headers), this.#found) ? "vary-changed" : undefined);
    const isGood = ttl > 0 && why === undefined;
    const answer = await this.#engine.answer(this.#task, fresh, { ...handling, stored: isGood && this.#isKept });
    const tags = allTags(request, response, update.headers, rules);
    if (isGood) this.#land(fresh, tags, { record: fresh });
    if (answer) this.#resolve(answer);
    else await this.#alone();
    if (isGood) return this.#placed({ value: fresh, ttl, tags }, times);
    // What was for this request alone says nothing of what others are served.
    if (why !== "authorization" && why !== "set-cookie") await this.#superseded(why, retention(fresh, rules));
    return undefined;
  }

  /** An answer of the origin that is not about what is stored. */
  async #arrived(response: Response, times: Times): Promise<Loaded | undefined> {
    const { rules } = this.#engine;
    const { request, place } = this.#task;
    const { status, headers } = response;
    const control = controlOf(headers, rules.targets);
    const part = status === 206 ? parseRangeOf(headers) : undefined;
    const head = headOf(response, control, times, rules, part);
    const ttl = retention(head, rules);
    const why =
      refusal(request, status, headers, control, rules) ??
      obstacle(this.#task, this.#found, response, head, ttl, rules);
    const handling: Handling = { forward: this.#reason, status: this.#found.record ? status : undefined };
    if (why !== undefined) {
      this.#resolve(told(await this.#unstored(response, head), rules, { ...handling, detail: why }));
      // What was for this request alone, or was a failure, says nothing of what others are served.
      if (status < 500 && !["authorization", "set-cookie", "private"].includes(why)) await this.#superseded(why, ttl);
      return undefined;
    }
    if (part) return this.#part(response, head, part, ttl, times, handling);
    const tags = allTags(request, response, headers, rules);
    if (isBodiless(status) || !response.body) {
      this.#land(head, tags);
      this.#resolve(told(response, rules, { ...handling, stored: this.#isKept }));
      return this.#placed({ value: recordOf(head, null, response), ttl, tags }, times);
    }
    const id = newId();
    const until = times.responseTime + ttl + Math.max(ttl, rules.keep);
    const { inlineBytes } = rules;
    const spill = place.spill(id, until + BODY_MARGIN - times.responseTime, tags);
    const maxBytes = this.#isKept ? place.maxBytes : Math.min(place.maxBytes, inlineBytes);
    const fill = new Fill(response.body, { inlineBytes, maxBytes, spill });
    this.#land(head, tags, { fill });
    this.#along(response, fill, { ...handling, ttl: head.lifetime - head.initialAge });
    const filled = await fill.finished;
    const whole = headOfWhole(head, filled, rules.isStrict);
    if (!filled || !whole) {
      if (filled && "size" in filled) await spill.drop();
      return undefined;
    }
    const body = "bytes" in filled ? filled.bytes : { id, size: filled.size, until };
    return this.#placed({ value: recordOf(whole, body, response), ttl, tags }, times);
  }

  /** What is not stored, or that the client has it already: its conditions were not the origin's to see. */
  async #unstored(response: Response, head: StoredHead): Promise<Response> {
    const { headers } = this.#task.request;
    if (headers.has("range") || !isNotModified(headers, head)) return response;
    await discard(response);
    const own = new Headers(response.headers);
    for (const [name] of response.headers) if (OF_THE_BODY.test(name)) own.delete(name);
    return new Response(null, { status: 304, headers: own });
  }

  /** Answers with a body that is stored while it comes. */
  #along({ status, statusText, headers }: Response, fill: Fill, handling: Handling): void {
    const own = new Response(fill.open() as BodyInit, { status, statusText, headers: new Headers(headers) });
    this.#resolve(told(own, this.#engine.rules, { ...handling, stored: this.#isKept }));
  }

  /** What is stored is outdated by an answer that is not: it is not served any more. */
  async #superseded(why: string | undefined, ttl: number): Promise<void> {
    const { key, record, index } = this.#found;
    const { place, primary } = this.#task;
    try {
      // Others count than those by which the variants are found.
      if (index && ttl > 0 && why?.startsWith("vary")) await place.forget(primary);
      else if (record && !record.part) await place.forget(key, record);
    } catch {
      // The cache fails, and it stays.
    }
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
    const { request, place } = this.#task;
    const fill = new Fill(response.body ?? new Blob([]).stream(), {
      inlineBytes: rules.inlineBytes,
      maxBytes: rules.inlineBytes,
      spill: place.spill(newId(), ttl, []),
    });
    this.#along(response, fill, handling);
    const filled = await fill.finished;
    if (!filled || !("bytes" in filled)) return undefined;
    // Strict: an origin whose Content-Range does not fit its body is taken by its word.
    if (filled.bytes.byteLength !== part.last - part.first + 1 && !rules.isStrict) return undefined;
    const more = united(this.#found.record, { head, part, bytes: filled.bytes }, rules.inlineBytes);
    const tags = allTags(request, response, response.headers, rules);
    return this.#placed({ value: recordOf(more.head, more.bytes, response), ttl, tags }, times);
  }

  /** Under the key that was loaded, the response itself or an index that leads to it. */
  async #placed(loaded: Loaded, { responseTime }: Times): Promise<Loaded | undefined> {
    if (!this.#isKept) return undefined;
    const { index, record } = this.#found;
    const { place, primary, request } = this.#task;
    const head = loaded.value as StoredResponse;
    this.#flight.isKeeping = true;
    if (record?.stream && record.stream.id !== head.stream?.id) await place.dropBody(record.stream.id);
    if (index) {
      await place.lengthen(primary, index, loaded.ttl, responseTime);
      return loaded;
    }
    const names = namesOf(head);
    return names === "*" || names.length === 0 ? loaded : place.index(names, request.headers, loaded, responseTime);
  }
}
