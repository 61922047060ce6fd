// A tracker whose engine runs, in Node, and a collector that is a stub of
// `fetch`: what would be sent can be asserted to the field.

import { mock } from "node:test";
import { entry } from "./package.mjs";

export const { na } = await import(entry("natero-wasm/inline"));

export const WELL = { status: 200, body: '{"accepted":1}' };

/** Takes the place of the collector; `answers` are given in turn, the last one for ever. */
export class Collector {
  /** Each request: its address, its options, its events. */
  requests = [];

  constructor(...answers) {
    this.answers = answers.length ? answers : [WELL];
    this.original = globalThis.fetch;
    globalThis.fetch = async (url, init) => {
      this.requests.push({ url, init, events: init.body.split("\n").filter(Boolean).map((line) => JSON.parse(line)) });
      const [{ status, body = "", headers = {} }] = this.answers.length > 1 ? this.answers.splice(0, 1) : this.answers;
      if (!status) throw new TypeError("no network");
      return new Response(body, { status, headers });
    };
  }

  /** All events, in the order in which they came. */
  get events() {
    return this.requests.flatMap((request) => request.events);
  }

  close() {
    globalThis.fetch = this.original;
  }
}

/** What a developer is told, kept from the test's output. */
export class Console {
  constructor() {
    this.mocks = Object.fromEntries(
      ["error", "warn", "log"].map((name) => [name, mock.method(console, name, () => {})]),
    );
  }

  /** The lines of one kind since the last time. */
  take(name = "error") {
    const { calls } = this.mocks[name].mock;
    const lines = calls.map((call) => call.arguments.join(" "));
    this.mocks[name].mock.resetCalls();
    return lines;
  }

  close() {
    for (const mocked of Object.values(this.mocks)) mocked.mock.restore();
  }
}

export const SETTINGS = {
  accountId: "acme",
  userId: "ann",
  endpoint: "http://collector.test",
  compress: false,
};

/** All that a page can see of a tracker's state. */
export function state(tracker) {
  return {
    account: tracker.getAccountId(),
    user: tracker.getUserId(),
    module: tracker.getModuleId(),
    product: tracker.getProductId(),
    session: tracker.getSessionId(),
    visitor: tracker.getVisitorId(),
    stats: { ...tracker.stats(), dropped: { ...tracker.stats().dropped, invalid: undefined } },
  };
}

/** Lets everything run that does not wait for a timer or the network. */
export async function settled() {
  await new Promise((resolve) => setImmediate(resolve));
}
