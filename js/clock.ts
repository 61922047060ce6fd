// The two clocks of a page.

import { lookUp, method } from "./capture.ts";
import { attempt, dateValue, max, OriginalDate, wallNow } from "./intrinsics.ts";

const performanceObject = /* @__PURE__ */ lookUp<Performance>("performance");
const performanceNow = /* @__PURE__ */ method<Performance, "now">("Performance", "now");
let last = 0;

/** The monotonic time in ms, which is made of the wall clock where there is no such one. It stands still when that goes back, or a clock that the page has made. */
export function monotonic(): number {
  const told = attempt(() => performanceNow(performanceObject()!));
  last = max(last, isTime(told) ? told : wall());
  return last;
}

/** The wall time in ms since the epoch; 0 where the page has taken both ways to it. */
export function wall(): number {
  let now = attempt(wallNow);
  if (!isTime(now)) now = attempt(() => dateValue(new OriginalDate()));
  return isTime(now) ? now : 0;
}

/** In ms, at least 0, less than 30,000 years: what is added to a time that is far beyond is lost in its digits, so that no wait would end. */
export const isTime = (told: unknown): told is number => typeof told === "number" && told >= 0 && told < 1e15;
