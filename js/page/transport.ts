// Posts batches. A text body makes no browser ask first (a preflight), so that a
// collector on another origin is reached by one request, even while the page
// unloads.

import { attribute, method } from "../capture.ts";
import { wall } from "../clock.ts";
import { deferred, request } from "../environment.ts";
import { attempt, find, isArray, isFiniteNumber, parse, slice, succeeds, toNumber, trim } from "../intrinsics.ts";
import { canCompress, gzip, isAborted, later, newXhr, normalised, parseDate, sendBeacon } from "./browser.ts";

const GZIP_OVER_BYTES = 1024;

// As much as a message needs of what is no JSON.
const MAX_TOLD_CHARS = 200;

// What firewalls, old proxies and servers without compression answer to a packed
// body, and what is no answer of a collector.
const NOT_PACKED = /^(0|-1|40[036]|41[15]|422|501)$/;

/** What a server answered. */
export interface ServerAnswer {
  /** 0: a redirect, which is not followed and has no status that a page may see. -1: a page in place of the answer. */
  readonly status: number;
  /** From now, in ms. */
  readonly retryAfter: number | undefined;
  /** How many lines of the batch it refused. */
  readonly rejected: number;
  readonly message: string;
  /** The ids it was asked about and lacks, if it says so. */
  readonly lacking: string | undefined;
}

/** How a batch is to be posted. */
export interface Posting {
  readonly url: string;
  readonly body: string;
  readonly keepalive: boolean;
  readonly unloading: boolean;
  readonly compress: boolean;
  /** Aborts it. */
  readonly signal?: AbortSignal | undefined;
}

type Header = (name: string) => string | null;

// A compressed body makes browsers ask first, and what is in between may refuse
// it. After a failure the page goes on without.
let compressionFailed = false;

// Compressed bodies that a server has answered with a failure, in a row. It may be
// what is in between that fails of them, and may say anything: so the body after
// `FIRST_TRIAL` of them goes as it is. Where that is taken and one more compressed
// body is not, the bodies go on as they are.
let packedFailures = 0;
const FIRST_TRIAL = 3;
const SECOND_TRIAL = FIRST_TRIAL + 2;

// What a page has put in the place of `fetch`, or of what answers are read with, does
// not tell what comes of it. That is so once so many answers in a row had no end.
let fetchFailed = false;
let unreadable = 0;
const TIMES_UNREADABLE = 3;

const statusOf = /* @__PURE__ */ attribute<Response, "status">("Response", "status");
const headersOf = /* @__PURE__ */ attribute<Response, "headers">("Response", "headers");
const headerOf = /* @__PURE__ */ method<Headers, "get">("Headers", "get");
const readText = /* @__PURE__ */ method<Response, "text">("Response", "text");
const isUsed = /* @__PURE__ */ attribute<Response, "bodyUsed">("Response", "bodyUsed");

/** Posts a batch; never rejects. Without an answer, nothing comes back. */
export async function post(posting: Posting): Promise<ServerAnswer | undefined> {
  const { body, compress, unloading } = posting;
  // Compressing takes a turn of the event loop, and an unloading page may get none.
  if (!compress || compressionFailed || unloading || body.length <= GZIP_OVER_BYTES || !canCompress())
    return await postOnce(posting, false);
  if (packedFailures === FIRST_TRIAL || packedFailures === SECOND_TRIAL) {
    const answer = await postOnce(posting, false);
    if (!isTaken(answer)) packedFailures = 0;
    else if (packedFailures === FIRST_TRIAL) packedFailures += 1;
    else compressionFailed = true;
    return answer;
  }
  const answer = await postOnce(posting, true);
  if (answer && !find(NOT_PACKED, `${answer.status}`)) {
    packedFailures = isTaken(answer) ? 0 : packedFailures + 1;
    return answer;
  }
  // Browsers end the requests of a page that goes, though they arrive: such a page gets no further turn.
  if (!answer) await nextTurn();
  compressionFailed = true;
  return await postOnce(posting, false);
}

/** The server has taken the batch. */
const isTaken = (answer: ServerAnswer | undefined): boolean => !!answer && answer.status > 0 && answer.status < 300;

function nextTurn(): Promise<void> {
  const { promise, settle } = deferred();
  if (!later(settle, 0)) settle();
  return promise;
}

async function postOnce(posting: Posting, packed: boolean): Promise<ServerAnswer | undefined> {
  const { url, body, keepalive, unloading, signal } = posting;
  // What stands in the place of `fetch` may not know of signals.
  if (isAborted(signal)) return undefined;
  if (fetchFailed) return unloading ? sendBeacon(url, body) : await postByXhr(url, body, signal);
  // A redirected POST becomes a GET, and its answer would look like success.
  const init = {
    __proto__: null,
    method: "POST",
    body,
    keepalive,
    credentials: "same-origin",
    redirect: "manual",
    signal,
  } as RequestInit;
  try {
    if (packed) {
      // What never comes to an end is given up with this request, and not begun again.
      compressionFailed = true;
      init.body = await gzip(body);
      compressionFailed = false;
      if (isAborted(signal)) return undefined;
      init.headers = {
        __proto__: null,
        "content-type": "text/plain",
        "content-encoding": "gzip",
      } as unknown as HeadersInit;
    }
    const asked = attempt(() => request(url, init));
    const response = asked && (await asked);
    const status = statusOf(response);
    // A wrapper that reads the answer itself leaves nothing of it.
    if (isFiniteNumber(status) && !isUsed(response)) {
      const text = await textOf(response!);
      if (text !== undefined) {
        unreadable = 0;
        return answerOf(status!, text, (name) => headerOf(headersOf(response)!, name));
      }
      unreadable += 1;
      // The network may have cut it short.
      if (unreadable < TIMES_UNREADABLE) return undefined;
    }
  } catch {
    if (!unloading || isAborted(signal)) return undefined;
    // Browsers end the requests of a page that goes, though they arrive: such a page gets no further turn.
    await nextTurn();
    // Nobody will say whether a beacon arrived: its events stay until someone
    // does, and receivers deduplicate.
    return sendBeacon(url, body);
  }
  fetchFailed = true;
  return await postOnce(posting, false);
}

function postByXhr(url: string, body: string, signal?: AbortSignal): Promise<ServerAnswer | undefined> {
  const { promise, settle } = deferred<ServerAnswer | undefined>();
  const address = normalised(url);
  const isSent = succeeds(() => {
    const xhr = newXhr();
    xhr.onloadend = () => {
      const { responseURL, status } = xhr;
      // Redirects are followed unasked: who answers then is not who was asked.
      const isRedirected = responseURL && address && responseURL !== address;
      settle(
        status
          ? answerOf(isRedirected ? 0 : status, xhr.responseText, (name) => xhr.getResponseHeader(name))
          : undefined,
      );
    };
    if (signal) signal.onabort = () => xhr.abort();
    xhr.open("POST", url);
    xhr.send(body);
  });
  if (!isSent) settle(undefined);
  return promise;
}

/** The body of an answer; nothing where it was cut short. */
async function textOf(response: Response): Promise<string | undefined> {
  try {
    return await readText(response);
  } catch {
    return undefined;
  }
}

interface Told {
  readonly rejected?: { line: unknown; error: unknown }[];
  readonly error?: unknown;
  readonly lacking?: unknown;
}

/** What an answer says. A body that is JSON, as a collector's is, or empty confirms; a page is that of something in between. */
function answerOf(status: number, text: string, header: Header): ServerAnswer {
  const told = attempt((): Told => ({ __proto__: null, ...parse(text) }));
  const isPage = status && status < 300 && !told && trim(text);
  const rejected = isArray(told?.rejected) ? told.rejected : [];
  const first = rejected[0];
  const lacking = told?.lacking;
  return {
    // A promise asks for a `then`, which a page may have given to all other objects.
    __proto__: null,
    status: isPage ? -1 : status,
    retryAfter: attempt(() => waitOf(header)),
    rejected: rejected.length,
    message: told
      ? (attempt(() => `${told.error ?? (first ? `line ${first.line}: ${first.error}` : "")}`) ?? "")
      : slice(text, 0, MAX_TOLD_CHARS),
    lacking: typeof lacking === "string" ? lacking : undefined,
  } as ServerAnswer;
}

/** `Retry-After` in ms, from seconds or a date. */
function waitOf(header: Header): number | undefined {
  const text = header("retry-after");
  if (!text) return undefined;
  const seconds = toNumber(text);
  // Many clocks are wrong: as far as it can be read, the server's own counts.
  const wait = seconds >= 0 ? seconds * 1000 : parseDate(text) - (parseDate(header("date") ?? "") || wall());
  return wait > 0 ? wait : undefined;
}
