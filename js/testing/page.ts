// A page in a browser that a test drives: its tracker is the real one, and what it
// sends is kept here instead.

import type { TrackedEvent } from "../types.ts";
import { type ExpectedEvent, expectation, failed, listed, matches } from "./match.ts";

/** What is needed of a page of Playwright, or of its context. */
export interface RoutedPage {
  route(url: RegExp, handler: (route: Route) => Promise<void>): Promise<unknown>;
}

/** What is needed of a request that Playwright holds. */
export interface Route {
  request(): { method(): string; url(): string; postDataBuffer(): Uint8Array | null };
  fulfill(answer: { status: number; headers: Record<string, string>; body: string }): Promise<void>;
  fallback(): Promise<void>;
}

/** What a page sends. */
export interface PageEvents {
  /** The events so far, in the order in which they came. */
  events(): TrackedEvent[];
  /** Waits for an event with these fields; fails, and lists what came, if there is none within `timeout` ms (5,000). */
  expectEvent(expected: ExpectedEvent, options?: { timeout?: number }): Promise<TrackedEvent>;
  /** Forgets the events so far. */
  clear(): void;
}

// `/v1/{authKey}/{apiKey}`, wherever the collector is. An API of the app may have addresses like that, too.
const BATCHES = /\/v1\/[^/?#]+\/[^/?#]+(?:\?.*)?$/;

// A request may carry nothing but the question which events have arrived.
const ASKS = /[?&]asked=/;

const TIMEOUT_MS = 5000;

/**
 * Stands in for the collector of a page of Playwright: call it before `page.goto`. Requests that carry no events of a
 * tracker go where they would have gone.
 *
 * @param page The page, or its context.
 * @param options `url`: which requests are batches. Default: those to `/v1/…/…`.
 */
export async function recordPage(page: RoutedPage, options?: { url?: RegExp }): Promise<PageEvents> {
  const came: TrackedEvent[] = [];
  const waiting = new Set<() => void>();
  await page.route(options?.url ?? BATCHES, async (route) => {
    const sent = await eventsOf(route);
    if (!sent) {
      await route.fallback();
      return;
    }
    for (const event of sent) {
      // What is sent again counts once, as the collector has it.
      if (!came.some(({ event_id }) => event_id === event.event_id)) came.push(event);
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
    for (const look of waiting) look();
  });
  const find = (expected: ExpectedEvent): TrackedEvent | undefined => came.find((event) => matches(expected, event));
  return {
    events: () => [...came],
    clear: () => {
      came.length = 0;
    },
    expectEvent: (expected, given) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = find(expected);
          if (!found) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        const timeout = given?.timeout ?? TIMEOUT_MS;
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(
            failed(
              `expectEvent: no event with ${expectation(expected)} came within ${timeout} ms. ${listed(came)}`,
              recordPage,
            ),
          );
        }, timeout);
        waiting.add(look);
        look();
      }),
  };
}

/** The events that a tracker sends by a request; nothing where it is another's. */
async function eventsOf(route: Route): Promise<TrackedEvent[] | undefined> {
  const request = route.request();
  if (request.method() !== "POST") return undefined;
  const body = request.postDataBuffer();
  try {
    const lines = body ? (await textOf(body)).split("\n").filter(Boolean) : [];
    const sent = lines.map((line) => JSON.parse(line));
    return sent.every(isEvent) && (sent.length || ASKS.test(request.url())) ? sent : undefined;
  } catch {
    // It is packed in another way, or no JSON.
    return undefined;
  }
}

/** What every event of a tracker has: `beforeSend` may take its action away, but neither its id nor its place. */
function isEvent(line: unknown): line is TrackedEvent {
  const { action, event_id, seq } = (line ?? {}) as Record<string, unknown>;
  return typeof event_id === "string" && (typeof action === "string" || typeof seq === "number");
}

/** A body, which may be packed. */
async function textOf(body: Uint8Array): Promise<string> {
  const bytes = new Uint8Array(body);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return new TextDecoder().decode(bytes);
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(unpacked).text();
}
