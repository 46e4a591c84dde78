/**
 * Waiting for what another call began.
 *
 * On Workers a call is part of a request, and what it began ends with that request, unsettled: its client went away, or had its
 * answer already. Who else waits for it is told so by the runtime in some cases since 2026, and else never. So work that
 * may be waited for gives signs of life while its request lasts, by a timer of that request, and who waits looks for
 * them by one of its own.
 *
 * @module
 */
import { hasTimers, systemClock } from "./clock.ts";

/** Time between two signs of life, in milliseconds. */
const BEAT = 100;
/** So many beats of his own without a sign of life, and who waits counts the work as lost. */
const SILENCE = 6;
/** Who only looks cannot tell work that is lost from an isolate that was busy, and counts it as lost later, in milliseconds. */
const LOST_AFTER = 3_000;
/** What has not ended after so long, in milliseconds, gives no more signs: a timer for good would keep a Durable Object awake. */
const LONGEST = 300_000;

/** When work gave the last sign of life, by the system's wall clock. Only of work that is under way. */
const signs = /* @__PURE__ */ new WeakMap<Promise<unknown>, { at: number }>();

/** Has work give signs of life until it ends. Answers with the work. */
export function alive<T>(work: Promise<T>): Promise<T> {
  if (hasTimers()) return work;
  const begun = Date.now();
  const sign = { at: begun };
  let timer: unknown;
  const beat = (): void => {
    sign.at = Date.now();
    if (sign.at - begun > LONGEST) return;
    timer = later(beat);
    if (timer === undefined) sign.at = Infinity;
  };
  const end = (): void => {
    systemClock.clearTimer(timer);
    signs.delete(work);
  };
  signs.set(work, sign);
  beat();
  work.then(end, end);
  return work;
}

/** Workers have 10,000 timers at once: what comes beyond is not watched. */
function later(callback: () => void): unknown {
  try {
    return systemClock.setTimer(callback, BEAT);
  } catch {
    return undefined;
  }
}

/** Whether work will never end, as its request has. Not known before it has been silent for a while. */
export function isLost(work: Promise<unknown>): boolean {
  const sign = signs.get(work);
  return sign !== undefined && Date.now() - sign.at > LOST_AFTER;
}

/** The work, or a rejection when it is lost. */
export function unlessLost<T>(work: Promise<T>): Promise<T> {
  const sign = signs.get(work);
  if (!sign) return work;
  return new Promise((resolve, reject) => {
    let timer: unknown;
    let { at } = sign;
    let silence = 0;
    const listen = (): void => {
      if (silence++ === SILENCE) {
        reject();
        return;
      }
      if (sign.at !== at || at === Infinity) silence = 0;
      at = sign.at;
      timer = later(listen);
    };
    listen();
    work.then(resolve, reject).then(() => systemClock.clearTimer(timer));
  });
}

/** Ends with work that does not reject by itself: `true`. Or `false`, when it is lost. */
export function joined(work: Promise<unknown>): Promise<boolean> {
  return unlessLost(work).then(
    () => true,
    () => false,
  );
}
