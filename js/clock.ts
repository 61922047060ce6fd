// The two clocks of a page.

import { lookUp, method } from "./capture.ts";
import { attempt, dateValue, isFiniteNumber, max, OriginalDate, wallNow } from "./intrinsics.ts";

const performanceObject = /* @__PURE__ */ lookUp<Performance>("performance");
const performanceNow = /* @__PURE__ */ method<Performance, "now">("Performance", "now");
let last = 0;

/** The monotonic time in ms, which is made of the wall clock where there is no such one. It stands still when that goes back, or a clock that the page has made. */
export function monotonic(): number {
  const told = attempt(() => performanceNow(performanceObject()!));
  last = max(last, isFiniteNumber(told) ? (told as number) : wall());
  return last;
}

/** The wall time in ms since the epoch; 0 where the page has taken both ways to it. */
export function wall(): number {
  let now = attempt(wallNow);
  if (!isFiniteNumber(now)) now = attempt(() => dateValue(new OriginalDate()));
  return isFiniteNumber(now) ? (now as number) : 0;
}
