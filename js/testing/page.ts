// A page in a browser that a test drives. It has the real tracker, and this module records what the tracker sends.

import type { TrackedEvent } from "../types.ts";
import { type ExpectedEvent, expectation, failed, listed, matches } from "./match.ts";

/** The part of a Playwright page or context that is used. */
export interface RoutedPage {
  route(url: RegExp, handler: (route: Route) => Promise<void>): Promise<unknown>;
}

/** The part of an intercepted Playwright request that is used. */
export interface Route {
  request(): { method(): string; url(): string; postDataBuffer(): Uint8Array | null };
  fulfill(answer: { status: number; headers: Record<string, string>; body: string }): Promise<void>;
  fallback(): Promise<void>;
}

/** The events that a page sends. */
export interface PageEvents {
  /** The events so far, in the order of arrival. */
  events(): TrackedEvent[];
  /**
   * Waits for an event with these fields. If none arrives within `timeout` ms (5,000), fails and lists those that
   * did.
   */
  expectEvent(expected: ExpectedEvent, options?: { timeout?: number }): Promise<TrackedEvent>;
  /** Forgets the events so far. */
  clear(): void;
}

// `/v1/{authKey}/{apiKey}`, whatever the origin. An API of the app may have similar addresses.
const BATCHES = /\/v1\/[^/?#]+\/[^/?#]+(?:\?.*)?$/;

// A request may only ask which events have arrived, without sending any.
const ASKS = /[?&]asked=/;

const TIMEOUT_MS = 5000;

/**
 * Replaces the collector for a page in Playwright; call it before `page.goto`. Requests that carry no events of a
 * tracker go to their usual destination.
 *
 * @param page The page, or its context.
 * @param options `url`: which requests are batches. Default: those to `/v1/…/…`.
 */
export async function recordPage(page: RoutedPage, options?: { url?: RegExp }): Promise<PageEvents> {
  const received: TrackedEvent[] = [];
  const waiting = new Set<() => void>();
  await page.route(options?.url ?? BATCHES, async (route) => {
    const sent = await eventsOf(route);
    if (!sent) {
      await route.fallback();
      return;
    }
    for (const event of sent) {
      // An event that is sent again counts once, as in the collector.
      if (!received.some(({ event_id }) => event_id === event.event_id)) received.push(event);
    }
    await route.fulfill({
      status: 200,
      headers: {
        "access-control-allow-origin": "*",
        "access-control-allow-headers": "*",
        "content-type": "application/json",
      },
      body: JSON.stringify({ accepted: sent.length }),
    });
    for (const check of waiting) check();
  });
  const find = (expected: ExpectedEvent): TrackedEvent | undefined =>
    received.find((event) => matches(expected, event));
  return {
    events: () => [...received],
    clear: () => {
      received.length = 0;
    },
    expectEvent: (expected, expectOptions) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = find(expected);
          if (!found) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve(found);
        };
        const timeout = expectOptions?.timeout ?? TIMEOUT_MS;
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(
            failed(
              `expectEvent: no event with ${expectation(expected)} came within ${timeout} ms. ${listed(received)}`,
              recordPage,
            ),
          );
        }, timeout);
        waiting.add(check);
        check();
      }),
  };
}

/** The events of a tracker in a request; `undefined` if it is another kind of request. */
async function eventsOf(route: Route): Promise<TrackedEvent[] | undefined> {
  const request = route.request();
  if (request.method() !== "POST") return undefined;
  const body = request.postDataBuffer();
  try {
    const lines = body ? (await textOf(body)).split("\n").filter(Boolean) : [];
    const sent = lines.map((line) => JSON.parse(line));
    return sent.every(isEvent) && (sent.length || ASKS.test(request.url())) ? sent : undefined;
  } catch {
    // The body is packed differently, or is not JSON.
    return undefined;
  }
}

/** Whether this is an event of a tracker. `beforeSend` may remove its action, but neither its id nor its `seq`. */
function isEvent(line: unknown): line is TrackedEvent {
  const { action, event_id, seq } = (line ?? {}) as Record<string, unknown>;
  return typeof event_id === "string" && (typeof action === "string" || typeof seq === "number");
}

/** A body, which may be compressed. */
async function textOf(body: Uint8Array): Promise<string> {
  const bytes = new Uint8Array(body);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return new TextDecoder().decode(bytes);
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(unpacked).text();
}
