// Everything of the browser that the tracker uses is taken from the page here,
// and in `page/browser.ts` for the host. Interfaces and functions are taken when
// the library is loaded, so that what a page replaces later changes nothing.
// Accessors such as `document` are taken unread and read when a tracker is made:
// loading the library has no effect that anybody could see. Each use is guarded:
// in place of a deleted global there may be an element of that name.

import { MAX_TEXT_UNITS } from "./generated/contract.ts";
import {
  apply,
  attempt,
  bound,
  dateValue,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isFiniteNumber,
  max,
  min,
  OriginalDate,
  OriginalPromise,
  random,
  slice,
  succeeds,
  wallNow,
} from "./intrinsics.ts";

type Anything = Record<string, unknown>;
type AnyFunction = (...parameters: never[]) => unknown;

// What zone.js wraps it keeps under a name of its own. Used by that, nothing of
// ours makes an Angular app look for changes, or wait until it is stable.
const unwrappedName = attempt(
  () => (globalThis as unknown as { Zone: { __symbol__: (name: string) => string } }).Zone,
)?.__symbol__;

/** Where a property is defined, on an object or what it inherits from. */
function descriptorOf(object: unknown, name: string): PropertyDescriptor | undefined {
  return attempt(() => {
    const unwrapped = unwrappedName?.(name);
    let descriptor: PropertyDescriptor | undefined;
    for (let holder = object; holder && !descriptor; holder = getPrototypeOf(holder)) {
      descriptor = (unwrapped && getOwnPropertyDescriptor(holder, unwrapped)) || getOwnPropertyDescriptor(holder, name);
    }
    return descriptor;
  });
}

/** How to get a global: the value that it has now, or what its accessor says when asked. Whether it is what it should be shows when it is used, which is guarded. */
export function lookUp<Type>(name: string): () => Type | undefined {
  const descriptor = descriptorOf(globalThis, name);
  let found = descriptor?.value;
  return () => {
    // What is missing may still come: a polyfill, or a page made for a test.
    found ??= attempt(() => (descriptor?.get ? apply(descriptor.get, globalThis, []) : (globalThis as Anything)[name]));
    return found ?? undefined;
  };
}

/** A member of an interface, where it can be had without running an accessor. */
export function memberOf(type: string, name: string): PropertyDescriptor | undefined {
  return attempt(() => descriptorOf(descriptorOf(globalThis, type)?.value.prototype, name));
}

/** A method of an interface, to be called on an object that has it. Elements and own properties do not shadow it. */
export function method<Type extends object, Name extends string & keyof Type>(type: string, name: Name) {
  const captured = memberOf(type, name)?.value;
  type Captured = Type[Name] extends (...parameters: infer Parameters) => infer Result
    ? (self: Type, ...parameters: Parameters) => Result
    : never;
  return ((self: Type, ...parameters: unknown[]) =>
    apply((captured ?? self[name]) as AnyFunction, self, parameters)) as Captured;
}

/** An attribute of an interface, to be read from an object that has it; nothing where there is none. */
export function attribute<Type extends object, Name extends string & keyof Type>(type: string, name: Name) {
  const get = memberOf(type, name)?.get;
  return (self: Type | null | undefined): Type[Name] | undefined =>
    self ? attempt(() => (get ? apply(get, self, []) : self[name])) : undefined;
}

/** What should be a text. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

// Clocks and chance.

const performanceObject = /* @__PURE__ */ lookUp<Performance>("performance");
const performanceNow = /* @__PURE__ */ memberOf("Performance", "now")?.value as Performance["now"] | undefined;
let clock: (() => number) | undefined;
let last = 0;

/** The monotonic time in ms. Where there is no such clock it is made of the wall clock, and stands still when that goes back. */
export function monotonic(): number {
  try {
    clock ??= bound(performanceNow ?? performanceObject()!.now, performanceObject());
    const now = clock();
    if (isFiniteNumber(now)) return now;
  } catch {
    // As below.
  }
  last = max(last, wall());
  return last;
}

/** The wall time in ms since the epoch; 0 where the page has taken both ways to it. */
export function wall(): number {
  let now = attempt(wallNow);
  if (!isFiniteNumber(now)) now = attempt(() => dateValue(new OriginalDate()));
  return isFiniteNumber(now) ? (now as number) : 0;
}

const cryptoObject = /* @__PURE__ */ lookUp<Crypto>("crypto");
const getRandomValues = /* @__PURE__ */ method<Crypto, "getRandomValues">("Crypto", "getRandomValues");
const Words = Uint32Array;

/** Four random numbers of 32 bits. */
export function seed(): ArrayLike<number> {
  const words = new Words(4);
  attempt(() => getRandomValues(cryptoObject()!, words));
  // Where that does nothing, and `Math.random` was seeded alike in all tabs, the
  // times tell them apart.
  for (let at = 0; at < 4; at += 1) {
    words[at]! += (attempt(random) ?? 0) * 2 ** 32 + wall() + monotonic() * 1e6;
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
export async function quietly(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // See above.
  }
}

const startTimer = /* @__PURE__ */ lookUp<typeof setTimeout>("setTimeout");
const stopTimer = /* @__PURE__ */ lookUp<typeof clearTimeout>("clearTimeout");

// The longest wait that timers of browsers keep to, in ms.
const LONGEST_TIMER = 2 ** 31 - 1;

/** Runs a task after so many ms, or when timers have to end; returns how to call that off, or nothing where no timer can be started. */
export const later = (task: () => void, ms: number): (() => void) | undefined =>
  attempt(() => {
    const timer = startTimer()!(task, min(max(ms, 0), LONGEST_TIMER));
    return () => {
      attempt(() => stopTimer()!(timer));
    };
  });

// The console.

const consoleObject = /* @__PURE__ */ lookUp<Console>("console");
let printing: string | undefined;

/** Prints for the developer. A page may have put anything in place of the console, even what calls the tracker. */
export function print(level: "error" | "warn" | "log", message: string): void {
  if (printing) return;
  printing = level;
  attempt(() => apply(consoleObject()![level], consoleObject(), ["natero:", message]));
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
const visibilityState = /* @__PURE__ */ attribute<Document, "visibilityState">("Document", "visibilityState");
const locationObject = /* @__PURE__ */ lookUp<Location>("location");
const DocumentInterface = /* @__PURE__ */ lookUp<unknown>("Document");
const workerScope = /* @__PURE__ */ lookUp<unknown>("WorkerGlobalScope");

/** Somebody uses this: it is a page, or a worker of one. A server that renders pages may have something called `document`, too. */
export const hasUser = (): boolean => !!(textOf(visibilityState(page())) || DocumentInterface() || workerScope());

/** The page is only prepared, and nobody sees it. */
export const isPrerendering = (): boolean => prerendering(page()) === true;

/** The page is in sight, as far as can be seen. A worker never is. */
export const isVisible = (): boolean => !!page() && visibilityState(page()) !== "hidden";

/** The title of the page. */
export const pageTitle = (): string => slice(textOf(title(page())), 0, MAX_TEXT_UNITS);

/** The address of the page, query and all. */
export const pageAddress = (): string => textOf(attempt(() => locationObject()!.href));

/** The host of the page, without its port. */
export const pageHost = (): string => textOf(attempt(() => locationObject()!.hostname));

/** The origin of the page, or of the page that a worker is of. */
export const pageOrigin = (): string => textOf(attempt(() => locationObject()!.origin));

// The browser.

/** The browser. */
export const browser = /* @__PURE__ */ lookUp<Navigator & { globalPrivacyControl?: boolean }>("navigator");

const Address = /* @__PURE__ */ lookUp<typeof URL>("URL");

/** An address as browsers write it; nothing where `URL` cannot read it. */
export const normalised = (text: string): string | undefined => attempt(() => new (Address()!)(text).href);

/** Whether a text is an address that `URL` can read, where that can read any. */
export const isAddress = (text: string): boolean => !!text && !!(normalised(text) || !normalised("http://a"));

const fetchFunction = /* @__PURE__ */ lookUp<typeof fetch>("fetch");

/** Asks a server. Throws, or rejects, where nothing comes back. */
export const request = (url: string, init: RequestInit): Promise<Response> =>
  apply(fetchFunction()!, globalThis, [url, init]);

const Encoder = /* @__PURE__ */ lookUp<typeof TextEncoder>("TextEncoder");
export const encode = /* @__PURE__ */ method<TextEncoder, "encode">("TextEncoder", "encode");

/** A text as UTF-8. */
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encode(new (Encoder()!)(), text);

/** The length of a text as UTF-8; the most that it can be where nothing encodes. */
export const byteLength = (text: string): number => attempt(() => utf8(text).length) ?? 3 * text.length;

// Storage, and who owns what is in it.

const storage = /* @__PURE__ */ lookUp<Storage>("localStorage");
const setItem = /* @__PURE__ */ method<Storage, "setItem">("Storage", "setItem");
const removeItem = /* @__PURE__ */ method<Storage, "removeItem">("Storage", "removeItem");

/** Stores under a key; tells whether it did. Storage may be blocked or full. */
export const store = (key: string, text: string): boolean => succeeds(() => setItem(storage()!, key, text));

/** Removes what is stored under a key. */
export const unstore = (key: string): boolean => succeeds(() => removeItem(storage()!, key));

/** What is stored, where it may be read. */
export const storageObject = storage;

const requestLock = /* @__PURE__ */ method<LockManager, "request">("LockManager", "request");

/** The locks that tabs of an origin share. Pages on plain http have none. */
export const locks = (): LockManager | undefined => attempt(() => browser()!.locks);

/** Calls `granted` when nobody else holds the lock of this name, or at once with `null` if it is only wanted while it is free. */
export function lock(name: string, onlyIfFree: boolean, granted: LockGrantedCallback<unknown>): void {
  const options = { __proto__: null, ifAvailable: onlyIfFree } as LockOptions;
  // Without a lock, others may take over what we store: better twice than not at all.
  attempt(() => quietly(requestLock(locks()!, name, options, granted)));
}
