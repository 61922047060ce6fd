// What only the host takes from the page: see `environment.ts`.

import { attribute, lookUp, memberOf, method, textOf } from "../capture.ts";
import { browser, deferred, locationObject, page, quietly, startTimer, visibilityState } from "../environment.ts";
import { apply, attempt, max, min, OriginalDate } from "../intrinsics.ts";
import { storageObject, utf8 } from "../web-storage.ts";

/** The time of a date that is written out. */
export const parseDate = /* @__PURE__ */ attempt(() => OriginalDate.parse)!;

const referrer = /* @__PURE__ */ attribute<Document, "referrer">("Document", "referrer");
const cookie = /* @__PURE__ */ attribute<Document, "cookie">("Document", "cookie");
const setCookie = memberOf("Document", "cookie")?.set;

/** Where the visitor came from. */
export const pageReferrer = (): string => textOf(referrer(page()));

/** All cookies of the page. Blocked ones are none. */
export const readCookies = (): string => textOf(cookie(page()));

/** Sets a cookie, as far as the browser lets us. */
export function writeCookie(text: string): void {
  attempt(() => {
    const document = page()!;
    if (setCookie) apply(setCookie, document, [text]);
    else document.cookie = text;
  });
}

/** The history of the page. */
export const historyObject = /* @__PURE__ */ lookUp<History>("history");

/** What it inherits from. */
export const historyPrototype = /* @__PURE__ */ attempt(() => lookUp<typeof History>("History")()!.prototype);

/** The browser says that it has no network. */
export const isOffline = (): boolean => attempt(() => browser()!.onLine === false) === true;

/** What is stored under a key. Throws where storage is blocked. */
export const stored = (key: string): string | undefined => storageObject()![key];

const Channel = /* @__PURE__ */ lookUp<typeof BroadcastChannel>("BroadcastChannel");

/** A channel to all tabs of this origin. Throws where there are none. */
export const openChannel = (name: string): BroadcastChannel => new (Channel()!)(name);

const beacon = /* @__PURE__ */ method<Navigator, "sendBeacon">("Navigator", "sendBeacon");

/** Hands a body to the browser, which sends it even when the page is gone. Nobody will say whether it arrived. */
export function sendBeacon(url: string, body: string): undefined {
  attempt(() => beacon(browser()!, url, body));
}

const Xhr = /* @__PURE__ */ lookUp<typeof XMLHttpRequest>("XMLHttpRequest");

/** Another way to ask a server. Throws where there is none. */
export const newXhr = (): XMLHttpRequest => new (Xhr()!)();

const Controller = /* @__PURE__ */ lookUp<typeof AbortController>("AbortController");

/** Whether a request was aborted. */
export const isAborted = /* @__PURE__ */ attribute<AbortSignal, "aborted">("AbortSignal", "aborted");

/** What aborts a request, where the browser can. What the page has put in its place may have no signal that `fetch` takes. */
export const newController = (): AbortController | undefined =>
  attempt(() => {
    const controller = new (Controller()!)();
    return isAborted(controller.signal) === false ? controller : undefined;
  });

const Compression = /* @__PURE__ */ lookUp<typeof CompressionStream>("CompressionStream");
const ResponseClass = /* @__PURE__ */ lookUp<typeof Response>("Response");

/** The browser can compress. */
export const canCompress = (): boolean => !!Compression();

/** A text as gzip makes it. Rejects where the browser cannot. */
export async function gzip(text: string): Promise<ArrayBuffer> {
  const { readable, writable } = new (Compression()!)("gzip");
  const writer = writable.getWriter();
  // Four times as quick as a stream that is piped through. If these fail, reading does, too.
  quietly(writer.write(utf8(text)));
  quietly(writer.close());
  return await new (ResponseClass()!)(readable).arrayBuffer();
}

const wasm = /* @__PURE__ */ lookUp<typeof WebAssembly>("WebAssembly")();
const compileWasm = attempt(() => wasm!.compile);
const sectionsOf = attempt(() => wasm!.Module.customSections);

// What a page has put in the place of this may never come to an end. Then the wasm is
// compiled while the page waits, which takes some ms, and not every browser does.
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

/** Runs a task with the next frame; never on a page that has none, for it is out of sight. */
export function atFrame(task: () => void): void {
  attempt(() => nextFrame()!(task));
}

const focused = /* @__PURE__ */ attribute<Document, "activeElement">("Document", "activeElement");
const focus = /* @__PURE__ */ method<Document, "hasFocus">("Document", "hasFocus");

const shadowOf = /* @__PURE__ */ attribute<Element, "shadowRoot">("Element", "shadowRoot");
const focusedWithin = /* @__PURE__ */ attribute<ShadowRoot, "activeElement">("ShadowRoot", "activeElement");

/** The element of a document that has the focus, or in whose document something has: within components, too, as far as they are open. */
export function focusedElement(document: Document | undefined): Element | undefined {
  let found: Element | undefined;
  for (let next = focused(document); next && next !== found; next = focusedWithin(shadowOf(found))) {
    found = next;
  }
  return found;
}

/** The user's input goes to the page, or to a frame of it. */
export const hasFocus = (): boolean => attempt(() => focus(page()!)) === true;

/** The user has done something on the page, or in a frame of it, just now; nothing where the browser does not say. */
export const isActivated = (): boolean | undefined =>
  attempt(() => (browser() as Navigator & { userActivation?: { isActive: boolean } }).userActivation!.isActive);

/** The page is in sight, as far as can be seen. A worker never is. */
export const isVisible = (): boolean => !!page() && visibilityState(page()) !== "hidden";

/** The host of the page, without its port. */
export const pageHost = (): string => textOf(attempt(() => locationObject()!.hostname));

const stopTimer = /* @__PURE__ */ lookUp<typeof clearTimeout>("clearTimeout");

// The longest wait that timers of browsers keep to, in ms.
const LONGEST_TIMER = 2 ** 31 - 1;

/** Runs a task after so many ms, or when timers have to end; returns how to call that off, or nothing where no timer can be started. What runs it at once is no timer: the task would start the next one within. */
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

const Address = /* @__PURE__ */ lookUp<typeof URL>("URL");

/** An address as browsers write it; nothing where `URL` cannot read it. */
export const normalised = (text: string): string | undefined => attempt(() => new (Address()!)(text).href);

/** Whether a text is an address that `URL` can read, where that can read any. */
export const isAddress = (text: string): boolean => !!text && !!(normalised(text) || !normalised("http://a"));
