// The parts of the page that only the host captures: see `environment.ts`.

import { attribute, lookUp, memberOf, method, textOf } from "../capture.ts";
import {
  browser,
  deferred,
  ignoreRejection,
  locationObject,
  normalised,
  page,
  startTimer,
  visibilityState,
} from "../environment.ts";
import { apply, attempt, max, min, OriginalDate } from "../intrinsics.ts";
import { storageObject, utf8 } from "../web-storage.ts";

/** The time that a date in text form stands for. */
export const parseDate = /* @__PURE__ */ attempt(() => OriginalDate.parse)!;

const referrer = /* @__PURE__ */ attribute<Document, "referrer">("Document", "referrer");
const cookie = /* @__PURE__ */ attribute<Document, "cookie">("Document", "cookie");
const setCookie = memberOf("Document", "cookie")?.set;

/** Where the visitor came from. */
export const pageReferrer = (): string => textOf(referrer(page()));

/** All cookies of the page; empty if they are blocked. */
export const readCookies = (): string => textOf(cookie(page()));

/** Sets a cookie, if the browser allows it. */
export function writeCookie(text: string): void {
  attempt(() => {
    const document = page()!;
    if (setCookie) apply(setCookie, document, [text]);
    else document.cookie = text;
  });
}

/** The history of the page. */
export const historyObject = /* @__PURE__ */ lookUp<History>("history");

/** The prototype of the history. */
export const historyPrototype = /* @__PURE__ */ attempt(() => lookUp<typeof History>("History")()!.prototype);

/** Whether the browser reports that it has no network. */
export const isOffline = (): boolean => attempt(() => browser()!.onLine === false) === true;

/** The text stored under a key. Throws if storage is blocked. */
export const readStored = (key: string): string | undefined => storageObject()![key];

const Channel = /* @__PURE__ */ lookUp<typeof BroadcastChannel>("BroadcastChannel");

/** A channel to all tabs of this origin. Throws if channels are not supported. */
export const openChannel = (name: string): BroadcastChannel => new (Channel()!)(name);

const beacon = /* @__PURE__ */ method<Navigator, "sendBeacon">("Navigator", "sendBeacon");

/** Hands a body to the browser, which sends it even after the page is gone. Nothing reports whether it arrived. */
export function sendBeacon(url: string, body: string): undefined {
  attempt(() => beacon(browser()!, url, body));
}

const Xhr = /* @__PURE__ */ lookUp<typeof XMLHttpRequest>("XMLHttpRequest");

/** An `XMLHttpRequest`, as an alternative to `fetch`. Throws if there is none. */
export const newXhr = (): XMLHttpRequest => new (Xhr()!)();

const Controller = /* @__PURE__ */ lookUp<typeof AbortController>("AbortController");

/** Whether a request was aborted. */
export const isAborted = /* @__PURE__ */ attribute<AbortSignal, "aborted">("AbortSignal", "aborted");

/**
 * A controller to abort a request, if the browser has any. A replacement by the page may lack a signal that `fetch`
 * accepts.
 */
export const newController = (): AbortController | undefined =>
  attempt(() => {
    const controller = new (Controller()!)();
    return isAborted(controller.signal) === false ? controller : undefined;
  });

const Compression = /* @__PURE__ */ lookUp<typeof CompressionStream>("CompressionStream");
const ResponseClass = /* @__PURE__ */ lookUp<typeof Response>("Response");

/** Whether the browser can compress. */
export const canCompress = (): boolean => !!Compression();

/** Compresses a text with gzip. Rejects if the browser cannot. */
export async function gzip(text: string): Promise<ArrayBuffer> {
  const { readable, writable } = new (Compression()!)("gzip");
  const writer = writable.getWriter();
  // Four times as fast as a stream that is piped through. If these calls fail, reading fails too.
  ignoreRejection(writer.write(utf8(text)));
  ignoreRejection(writer.close());
  return await new (ResponseClass()!)(readable).arrayBuffer();
}

const wasm = /* @__PURE__ */ lookUp<typeof WebAssembly>("WebAssembly")();
const compileWasm = attempt(() => wasm!.compile);
const sectionsOf = attempt(() => wasm!.Module.customSections);

// If the page has replaced the asynchronous compilation, it may never finish. After this time the wasm is compiled
// synchronously. That blocks the page for some ms, and not every browser allows it.
const COMPILE_MS = 5_000;

/** Compiles wasm. Rejects where the page's policy forbids it. */
export async function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  const { promise, settle } = deferred<() => WebAssembly.Module>();
  const stop = later(() => settle(() => new wasm!.Module(bytes)), COMPILE_MS);
  const begin = async () => {
    try {
      const module = await compileWasm!(bytes);
      settle(() => module);
    } catch (error) {
      settle(() => {
        throw error;
      });
    }
  };
  begin();
  const compiled = await promise;
  stop?.();
  return compiled();
}

/** The contents of a custom section of the wasm. */
export const customSections = (module: WebAssembly.Module, name: string): ArrayBuffer[] => sectionsOf!(module, name);

const nextFrame = /* @__PURE__ */ lookUp<typeof requestAnimationFrame>("requestAnimationFrame");

/** Runs a task with the next frame. A hidden page has no frames, so there it never runs. */
export function atFrame(task: () => void): void {
  attempt(() => nextFrame()!(task));
}

const focused = /* @__PURE__ */ attribute<Document, "activeElement">("Document", "activeElement");
const focus = /* @__PURE__ */ method<Document, "hasFocus">("Document", "hasFocus");

const shadowOf = /* @__PURE__ */ attribute<Element, "shadowRoot">("Element", "shadowRoot");
const focusedWithin = /* @__PURE__ */ attribute<ShadowRoot, "activeElement">("ShadowRoot", "activeElement");

/**
 * The focused element of a document, or the frame whose document has the focus. It also looks inside components with
 * an open shadow root.
 */
export function focusedElement(document: Document | undefined): Element | undefined {
  let found: Element | undefined;
  for (let next = focused(document); next && next !== found; next = focusedWithin(shadowOf(found))) {
    found = next;
  }
  return found;
}

/** Whether the user's input goes to the page, or to a frame in it. */
export const hasFocus = (): boolean => attempt(() => focus(page()!)) === true;

/**
 * Whether the user did something on the page, or in a frame of it, just now; `undefined` if the browser does not
 * tell.
 */
export const isActivated = (): boolean | undefined =>
  attempt(() => (browser() as Navigator & { userActivation?: { isActive: boolean } }).userActivation!.isActive);

/** Whether the page is visible, as far as that is known. A worker never is. */
export const isVisible = (): boolean => !!page() && visibilityState(page()) !== "hidden";

/** The host of the page, without its port. */
export const pageHost = (): string => textOf(attempt(() => locationObject()!.hostname));

const stopTimer = /* @__PURE__ */ lookUp<typeof clearTimeout>("clearTimeout");

// The longest delay that browsers' timers support, in ms.
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Runs a task after so many ms, or after the longest possible delay. Returns a function that cancels it, or
 * `undefined` if no timer can be started. A replacement that runs the task at once does not count as a timer: the
 * task would start the next one from within.
 */
export function later(task: () => void, ms: number): (() => void) | undefined {
  let isWaiting = false;
  let isEarly = false;
  const timer = startTimer(
    () => {
      if (isWaiting) task();
      else isEarly = true;
    },
    min(max(ms, 0), LONGEST_TIMER),
  );
  isWaiting = true;
  return timer && !isEarly ? () => void attempt(() => stopTimer()!(timer[0])) : undefined;
}

/** Whether `URL` can parse a text. If `URL` does not work at all, every non-empty text counts as an address. */
export const isAddress = (text: string): boolean => !!text && !!(normalised(text) || !normalised("http://a"));
