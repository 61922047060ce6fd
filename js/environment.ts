// Everything of the browser that the tracker uses is taken from the page here,
// and in `page/browser.ts` for the host. Interfaces and functions are taken when
// the library is loaded, so that what a page replaces later changes nothing.
// Accessors such as `document` are taken unread and read when a tracker is made:
// loading the library has no effect that anybody could see. Each use is guarded:
// in place of a deleted global there may be an element of that name.

import { attribute, lookUp, method, textOf } from "./capture.ts";
import { monotonic, wall } from "./clock.ts";
import { attempt, construct, OriginalPromise } from "./intrinsics.ts";

// Chance.

const cryptoObject = /* @__PURE__ */ lookUp<Crypto>("crypto");
const getRandomValues = /* @__PURE__ */ method<Crypto, "getRandomValues">("Crypto", "getRandomValues");
const Words = /* @__PURE__ */ lookUp<typeof Uint32Array>("Uint32Array");

/** Four random numbers of 32 bits. */
export function seed(): ArrayLike<number> {
  const words = construct(Words()!, [4]) as Uint32Array<ArrayBuffer>;
  attempt(() => getRandomValues(cryptoObject()!, words));
  // Where that does nothing, and `Math.random` was seeded alike in all tabs, the
  // times tell them apart.
  for (let at = 0; at < 4; at += 1) {
    words[at]! += (attempt(() => Math.random()) ?? 0) * 2 ** 32 + wall() + monotonic() * 1e6;
  }
  return words;
}

// Waiting.

/** Runs a task when the current one ends. To wait for nothing calls no method that a page could have replaced. */
export async function atTaskEnd(task: () => void): Promise<void> {
  await undefined;
  task();
}

/** A promise, and how to settle it. */
export function deferred<Value = void>(): { promise: Promise<Value>; settle: (value: Value) => void } {
  let settle!: (value: Value) => void;
  const promise = new OriginalPromise<Value>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

/** Waits for something whose failure is noticed elsewhere. */
export async function quietly(promise: unknown): Promise<void> {
  try {
    await promise;
  } catch {
    // See above.
  }
}

const setTimer = /* @__PURE__ */ lookUp<typeof setTimeout>("setTimeout");
/** Runs a task after so many ms; returns what stands for the timer, within a list, or nothing where none can be started. */
export const startTimer = (task: () => void, ms: number) => attempt(() => [setTimer()!(task, ms)] as const);

// The console.

let printing: string | undefined;

/** Prints for the developer. A page may have put anything in place of the console, even what calls the tracker. */
export function print(level: "error" | "warn" | "log", message: string): void {
  if (printing) return;
  printing = level;
  attempt(() => console[level]("natero:", message));
  printing = undefined;
}

/** An event is being printed: what a replaced console calls then would print, and call, without end. */
export const isLogging = (): boolean => printing === "log";

// The page.

type MaybePrepared = Document & { prerendering?: boolean };

/** The page; none in a worker or on a server. */
export const page = /* @__PURE__ */ lookUp<MaybePrepared>("document");

const prerendering = /* @__PURE__ */ attribute<MaybePrepared, "prerendering">("Document", "prerendering");
const title = /* @__PURE__ */ attribute<Document, "title">("Document", "title");
export const visibilityState = /* @__PURE__ */ attribute<Document, "visibilityState">("Document", "visibilityState");
export const locationObject = /* @__PURE__ */ lookUp<Location>("location");
const DocumentInterface = /* @__PURE__ */ lookUp<unknown>("Document");
const workerScope = /* @__PURE__ */ lookUp<unknown>("WorkerGlobalScope");

/** Somebody uses this: it is a page, or a worker of one. A server that renders pages may have something called `document`, too. */
export const hasUser = (): unknown => textOf(visibilityState(page())) || DocumentInterface() || workerScope();

/** The page is only prepared, and nobody sees it. */
export const isPrerendering = (): boolean => prerendering(page()) === true;

/** The title of the page. */
export const pageTitle = (): string => textOf(title(page()));

/** The address of the page, query and all. */
export const pageAddress = (): string => textOf(attempt(() => locationObject()!.href));

const ownOrigin = /* @__PURE__ */ lookUp<string>("origin");

/** The origin of the page, or of the page that a worker is of. A frame without an address of its own (`srcdoc`) has that of the page around it. */
export const pageOrigin = (): string | undefined =>
  attempt(() => {
    const { origin } = locationObject()!;
    return origin === "null" ? ownOrigin() : origin;
  });

// The browser.

/** The browser. */
export const browser = /* @__PURE__ */ lookUp<Navigator & { globalPrivacyControl?: boolean }>("navigator");

const fetchFunction = /* @__PURE__ */ lookUp<typeof fetch>("fetch");

/** Asks a server. Throws, or rejects, where nothing comes back. */
export const request = (url: string, init: RequestInit): Promise<Response> => fetchFunction()!(url, init);

// Storage, and who owns what is in it.

const requestLock = /* @__PURE__ */ method<LockManager, "request">("LockManager", "request") as unknown as (
  self: LockManager,
  name: string,
  ...more: unknown[]
) => Promise<unknown>;

/** The locks that tabs of an origin share. Pages on plain http have none. */
export const locks = (): LockManager | undefined => attempt(() => browser()!.locks);

/** Calls `granted` when nobody else holds the lock of this name. */
export function lock(name: string, granted: LockGrantedCallback<unknown>): void {
  // Without a lock, others may take over what we store: better twice than not at all.
  attempt(() => quietly(requestLock(locks()!, name, granted)));
}

/** Calls `granted` with the lock of this name if nobody holds it, and with `null` otherwise. */
export function lockIfFree(name: string, granted: LockGrantedCallback<unknown>): void {
  const options = { __proto__: null, ifAvailable: true } as LockOptions;
  attempt(() => quietly(requestLock(locks()!, name, options, granted)));
}
