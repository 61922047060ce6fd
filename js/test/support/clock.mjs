// The page's clock, which tests advance. The library captures it when it is loaded, so import this before anything
// that loads the library.

import assert from "node:assert/strict";

export let now = 1_000;
let timers = [];
globalThis.setTimeout = (task, ms) => {
  const timer = { task, at: now + ms };
  timers.push(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  timers = timers.filter((other) => other !== timer);
};
Object.defineProperty(Performance.prototype, "now", { configurable: true, writable: true, value: () => now });
export const WALL = Date.parse("2026-11-29T12:00:00Z");
Date.now = () => WALL + now;

const { settled } = await import("./collector.mjs");

/** Lets time pass, timer by timer. */
export async function pass(ms) {
  const end = now + ms;
  await settled();
  for (;;) {
    const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
    if (!next) break;
    timers = timers.filter((other) => other !== next);
    now = Math.max(now, next.at);
    next.task();
    await settled();
    await settled();
  }
  now = end;
}

/** Waits until a condition holds, step by step, with a limit. */
export async function until(holds, step) {
  for (let steps = 0; !holds(); steps += 1) {
    assert.ok(steps < 10_000, `it never comes to be: ${holds}`);
    await step();
  }
}
