// A tracker with a running engine, in Node, and a stub of `fetch` in place of a collector, so that tests can check
// what would be sent.

import { mock } from "node:test";
import { gunzipSync } from "node:zlib";
import { replaceMonotonic } from "./monotonic.mjs";
import { entry } from "./package.mjs";
import "./worker.mjs";

// The clock that limits repeated messages to one a second.
const now = performance.now.bind(performance);
let ahead = 0;
replaceMonotonic(() => now() + ahead);

// The library captures `fetch` when it is loaded. This replaces it before that.
const browserFetch = globalThis.fetch;
let standIn = browserFetch;
globalThis.fetch = (...parameters) => standIn(...parameters);

/** A fresh copy of the library: a new page must not know what the previous one learned about a server. */
let copies = 0;
export async function anew() {
  copies += 1;
  return (await import(`${entry("natero-wasm/inline")}?${copies}`)).na;
}

export const { na } = await import(entry("natero-wasm/inline"));

export const WELL = { status: 200, body: '{"accepted":1}' };

/**
 * Replaces the collector. `answers` are given in turn, and the last one repeatedly. If an answer is a function, it
 * receives the arguments of `fetch`, and returns its result.
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

  /** All events, in the order of arrival. */
  get events() {
    return this.requests.flatMap((request) => request.events);
  }

  close() {
    standIn = browserFetch;
  }
}

const textOf = (body = "") => (typeof body === "string" ? body : String(gunzipSync(body)));

/** Messages for the developer, kept out of the test's output. */
export class Console {
  constructor() {
    this.mocks = Object.fromEntries(
      ["error", "warn", "log"].map((name) => [name, mock.method(console, name, () => {})]),
    );
  }

  /** The lines of one kind since the last call. */
  take(name = "error") {
    const { calls } = this.mocks[name].mock;
    const lines = calls.map((call) => call.arguments.join(" "));
    this.mocks[name].mock.resetCalls();
    // The next message is printed even if it is the same.
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

/** Everything that a page can see of a tracker's state. */
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
