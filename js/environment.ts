// All parts of the browser that the tracker uses are captured here, or in `page/browser.ts` for the host. Interfaces
// and functions are captured when the library is loaded, so that later replacements by the page have no effect.
// Accessors such as `document` are captured unread and read when a tracker is made, so that loading the library has
// no observable effect. Each use is guarded: if a global was deleted, an element with that name may be in its place.

import { attribute, lookUp, method, textOf } from "./capture.ts";
import { monotonic, wall } from "./clock.ts";
import { attempt, construct, OriginalPromise } from "./intrinsics.ts";

// Randomness.

const cryptoObject = /* @__PURE__ */ lookUp<Crypto>("crypto");
const getRandomValues = /* @__PURE__ */ method<Crypto, "getRandomValues">("Crypto", "getRandomValues");
const Words = /* @__PURE__ */ lookUp<typeof Uint32Array>("Uint32Array");

/** Four random numbers of 32 bits. */
export function seed(): ArrayLike<number> {
  const words = construct(Words()!, [4]) as Uint32Array<ArrayBuffer>;
  attempt(() => getRandomValues(cryptoObject()!, words));
  // If `crypto` does not work, and `Math.random` was seeded alike in all tabs, the times distinguish them.
  for (let at = 0; at < 4; at += 1) {
    words[at]! += (attempt(() => Math.random()) ?? 0) * 2 ** 32 + wall() + monotonic() * 1e6;
  }
  return words;
}

// Waiting.

/** Runs a task when the current one ends. Awaiting `undefined` calls no method that a page could have replaced. */
export async function atTaskEnd(task: () => void): Promise<void> {
  await undefined;
  task();
}

/** A promise, and the function that resolves it. */
export function deferred<Value = void>(): { promise: Promise<Value>; settle: (value: Value) => void } {
  let settle!: (value: Value) => void;
  const promise = new OriginalPromise<Value>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

/** Awaits something whose failure is handled elsewhere. */
export async function ignoreRejection(promise: unknown): Promise<void> {
  try {
    await promise;
  } catch {
    // The failure is handled elsewhere.
  }
}

const setTimer = /* @__PURE__ */ lookUp<typeof setTimeout>("setTimeout");
/** Runs a task after so many ms. Returns the timer within a list, or `undefined` if no timer can be started. */
export const startTimer = (task: () => void, ms: number) => attempt(() => [setTimer()!(task, ms)] as const);

// The console.

let printing: string | undefined;

/** Prints for the developer. A page may have replaced the console by anything, even by code that calls the tracker. */
export function print(level: "error" | "warn" | "log", message: string): void {
  if (printing) return;
  printing = level;
  attempt(() => console[level]("natero:", message));
  printing = undefined;
}

/**
 * Whether an event is being printed. A replaced console that calls the tracker then would print, and call, without
 * end.
 */
export const isLogging = (): boolean => printing === "log";

// The page.

type MaybePrepared = Document & { prerendering?: boolean };

/** The document; `undefined` in a worker or on a server. */
export const page = /* @__PURE__ */ lookUp<MaybePrepared>("document");

const prerendering = /* @__PURE__ */ attribute<MaybePrepared, "prerendering">("Document", "prerendering");
const title = /* @__PURE__ */ attribute<Document, "title">("Document", "title");
export const visibilityState = /* @__PURE__ */ attribute<Document, "visibilityState">("Document", "visibilityState");
export const locationObject = /* @__PURE__ */ lookUp<Location>("location");
const DocumentInterface = /* @__PURE__ */ lookUp<unknown>("Document");
const workerScope = /* @__PURE__ */ lookUp<unknown>("WorkerGlobalScope");

/**
 * Whether this is a page, or a worker of one, with a user. A server that renders pages may also define a `document`.
 */
export const hasUser = (): unknown => textOf(visibilityState(page())) || DocumentInterface() || workerScope();

/** Whether the page is being prerendered, so that nobody sees it. */
export const isPrerendering = (): boolean => !!prerendering(page());

/** The title of the page. */
export const pageTitle = (): string => textOf(title(page()));

/** The address of the page, with query and fragment. */
export const pageAddress = (): string => textOf(attempt(() => locationObject()!.href));

const ownOrigin = /* @__PURE__ */ lookUp<string>("origin");

/**
 * The origin of the page, or of the page that a worker belongs to. A frame without an address of its own (`srcdoc`)
 * inherits the origin of the page around it.
 */
export const pageOrigin = (): string | undefined =>
  attempt(() => {
    const { origin } = locationObject()!;
    return origin === "null" ? ownOrigin() : origin;
  });

const Address = /* @__PURE__ */ lookUp<typeof URL>("URL");

/** An address as browsers write it; `undefined` if `URL` cannot parse it. */
export const normalised = (text: string): string | undefined => attempt(() => new (Address()!)(text).href);

// The browser.

/** The browser's `navigator`. */
export const browser = /* @__PURE__ */ lookUp<Navigator & { globalPrivacyControl?: boolean }>("navigator");

const fetchFunction = /* @__PURE__ */ lookUp<typeof fetch>("fetch");

/** Sends a request. Throws or rejects if no answer comes. */
export const request = (url: string, init: RequestInit): Promise<Response> => fetchFunction()!(url, init);

// Storage, and which page owns which part of it.

export const requestLock = /* @__PURE__ */ method<LockManager, "request">("LockManager", "request") as unknown as (
  self: LockManager,
  name: string,
  ...more: unknown[]
) => Promise<unknown>;

/** The locks that the tabs of an origin share. Pages on plain http have none. */
export const locks = (): LockManager | undefined => attempt(() => browser()!.locks);

/** Calls `granted` once nobody else holds the lock of this name. */
export function lock(name: string, granted: LockGrantedCallback<unknown>): void {
  // Without a lock, other pages may adopt what this page stores. Sending events twice is better than losing them.
  attempt(() => ignoreRejection(requestLock(locks()!, name, granted)));
}
