// The two clocks of a page.

import { lookUp, method } from "./capture.ts";
import { attempt, dateValue, isFiniteNumber, max, OriginalDate, wallNow } from "./intrinsics.ts";

const performanceObject = /* @__PURE__ */ lookUp<Performance>("performance");
const performanceNow = /* @__PURE__ */ method<Performance, "now">("Performance", "now");
let last = 0;

/** The monotonic time in ms. Where there is no such clock it is made of the wall clock, and stands still when that goes back. */
export function monotonic(): number {
  const now = attempt(() => performanceNow(performanceObject()!));
  if (isFiniteNumber(now)) return now as number;
  last = max(last, wall());
  return last;
}

/** The wall time in ms since the epoch; 0 where the page has taken both ways to it. */
export function wall(): number {
  let now = attempt(wallNow);
  if (!isFiniteNumber(now)) now = attempt(() => dateValue(new OriginalDate()));
  return isFiniteNumber(now) ? (now as number) : 0;
}
