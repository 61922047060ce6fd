// A tracker whose engine runs, in Node, and a collector that is a stub of
// `fetch`: what would be sent can be asserted to the field.

import { mock } from "node:test";
import { gunzipSync } from "node:zlib";
import { replaceMonotonic } from "./monotonic.mjs";
import { entry } from "./package.mjs";
import "./worker.mjs";

// The clock by which the tracker says the same only once a second.
const now = performance.now.bind(performance);
let ahead = 0;
replaceMonotonic(() => now() + ahead);

// The tracker takes `fetch` when it is loaded: this stands in its place from
// before that on.
const browserFetch = globalThis.fetch;
let standIn = browserFetch;
globalThis.fetch = (...parameters) => standIn(...parameters);

/** A copy of the library of its own: what one page has learned of a server, the next has not. */
let copies = 0;
export async function anew() {
  copies += 1;
  return (await import(`${entry("natero-wasm/inline")}?${copies}`)).na;
}

export const { na } = await import(entry("natero-wasm/inline"));

export const WELL = { status: 200, body: '{"accepted":1}' };

/**
 * Takes the place of the collector; `answers` are given in turn, the last one for ever. One that is a function is
 * handed what `fetch` was, and its result is what `fetch` returns.
 */
export class Collector {
  /** Each request: its address, its options, its events. */
  requests = [];

  constructor(...answers) {
    this.answers = answers.length ? answers : [WELL];
    standIn = async (url, init) => {
      this.requests.push({
        url,
        init,
        events: textOf(init.body)
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
      });
      const [answer] = this.answers.length > 1 ? this.answers.splice(0, 1) : this.answers;
      if (typeof answer === "function") return answer(url, init);
      const { status, body = "", headers = {} } = answer;
      if (!status) throw new TypeError("no network");
      return new Response(body, { status, headers });
    };
  }

  /** All events, in the order in which they came. */
  get events() {
    return this.requests.flatMap((request) => request.events);
  }

  close() {
    standIn = browserFetch;
  }
}

const textOf = (body = "") => (typeof body === "string" ? body : String(gunzipSync(body)));

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
    // What is said next is said, even if it is the same.
    ahead += 1000;
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
