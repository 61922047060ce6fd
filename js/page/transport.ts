// Posts batches. A plain-text body needs no preflight request, so a collector on another origin is reached by a
// single request, even while the page unloads.

import { bare } from "../address.ts";
import { attribute, method } from "../capture.ts";
import { wall } from "../clock.ts";
import { deferred, normalised, request } from "../environment.ts";
import {
  COMPRESS_OVER_BYTES,
  MAX_COMPRESSED_FAILURES,
  MAX_QUOTED_UNITS,
  MAX_UNREADABLE_ANSWERS,
} from "../generated/contract.ts";
import { attempt, find, isArray, isFiniteNumber, parse, slice, succeeds, toNumber, trim } from "../intrinsics.ts";
import { canCompress, gzip, isAborted, later, newXhr, parseDate, sendBeacon } from "./browser.ts";

// Statuses with which firewalls, old proxies and servers without decompression answer a compressed body, and those of
// answers that are not a collector's.
const COMPRESSION_REFUSED = /^(0|-1|40[036]|41[15]|422|501)$/;

/** The server's answer. */
export interface ServerAnswer {
  /** 0: a redirect, which is not followed and whose status a page cannot see. -1: an HTML page instead of an answer. */
  readonly status: number;
  /** How long to wait from now on, in ms. */
  readonly retryAfter: number | undefined;
  /** How many lines of the batch the server refused. */
  readonly rejected: number;
  readonly message: string;
  /** Those of the ids it was asked about that the server lacks; `undefined` if it does not say. */
  readonly lacking: string | undefined;
}

/** How a batch is to be posted. */
export interface Posting {
  readonly url: string;
  readonly body: string;
  readonly keepalive: boolean;
  readonly unloading: boolean;
  readonly compress: boolean;
  /** Aborts the request. */
  readonly signal: AbortSignal | undefined;
  /** Called before each request: a body may be sent again in another form or way. */
  onPost(): void;
}

type Header = (name: string) => string | null;

// For each source, how many compressed bodies in a row failed. A compressed body needs a preflight request, and a proxy
// or firewall may fail on it with any status. So after `FIRST_TRIAL` failures the next body is sent uncompressed. If
// that succeeds, one more compressed body is tried. If it fails and a second uncompressed trial succeeds, or if a
// compressed body is refused, the page gives up compression: the number is infinite.
const failures: Record<string, number> = { __proto__: null } as never;
const FIRST_TRIAL = MAX_COMPRESSED_FAILURES;
const SECOND_TRIAL = FIRST_TRIAL + 2;

// The page's replacement of `fetch`, or of the methods that read answers, does not reveal the outcome of requests.
// This is assumed after so many answers in a row that could not be read.
let fetchFailed = false;
let unreadable = 0;

const statusOf = /* @__PURE__ */ attribute<Response, "status">("Response", "status");
const headersOf = /* @__PURE__ */ attribute<Response, "headers">("Response", "headers");
const headerOf = /* @__PURE__ */ method<Headers, "get">("Headers", "get");
const readText = /* @__PURE__ */ method<Response, "text">("Response", "text");
const isUsed = /* @__PURE__ */ attribute<Response, "bodyUsed">("Response", "bodyUsed");

/** Posts a batch; never rejects. Resolves to `undefined` if no answer came. */
export async function post(posting: Posting): Promise<ServerAnswer | undefined> {
  const { body, compress, unloading, url } = posting;
  const source = bare(url);
  const count = failures[source] ?? 0;
  // Compression takes a turn of the event loop, which an unloading page may not get.
  if (
    !compress ||
    count === Infinity ||
    fetchFailed ||
    unloading ||
    body.length <= COMPRESS_OVER_BYTES ||
    !canCompress()
  )
    return await postOnce(posting);
  if (count === FIRST_TRIAL || count === SECOND_TRIAL) {
    const answer = await postOnce(posting);
    failures[source] = isSuccess(answer) ? (count === FIRST_TRIAL ? count + 1 : Infinity) : 0;
    return answer;
  }
  const answer = await postOnce(posting, source);
  if (answer && (fetchFailed || !find(COMPRESSION_REFUSED, `${answer.status}`))) {
    failures[source] = isSuccess(answer) ? 0 : (failures[source] ?? 0) + 1;
    return answer;
  }
  // When a page unloads, browsers fail its requests although they arrive. Such a page gets no further turn, so it
  // does not send the batch again.
  if (!answer) await nextTurn();
  failures[source] = Infinity;
  return await postOnce(posting);
}

/** Whether the server took the batch. */
const isSuccess = (answer: ServerAnswer | undefined): boolean => !!answer && answer.status > 0 && answer.status < 300;

function nextTurn(): Promise<void> {
  const { promise, settle } = deferred();
  if (!later(settle, 0)) settle();
  return promise;
}

/** Posts a body, compressed if the source is given. */
async function postOnce(posting: Posting, compressedFor?: string): Promise<ServerAnswer | undefined> {
  const { url, body, keepalive, unloading, signal } = posting;
  // A replacement of `fetch` may ignore signals.
  if (isAborted(signal)) return undefined;
  if (fetchFailed) {
    posting.onPost();
    return unloading ? sendBeacon(url, body) : await postByXhr(url, body, signal);
  }
  // A redirected POST becomes a GET, whose answer would look like success.
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
    if (compressedFor) {
      // If compression never finishes, it is not started again for later batches.
      const count = failures[compressedFor] ?? 0;
      failures[compressedFor] = Infinity;
      init.body = await gzip(body);
      failures[compressedFor] = count;
      if (isAborted(signal)) return undefined;
      init.headers = {
        __proto__: null,
        "content-type": "text/plain",
        "content-encoding": "gzip",
      } as unknown as HeadersInit;
    }
    posting.onPost();
    const pending = attempt(() => request(url, init));
    const response = pending && (await pending);
    const status = statusOf(response);
    // A wrapper of `fetch` that reads the answer itself leaves nothing to read.
    if (isFiniteNumber(status) && !isUsed(response)) {
      const text = await textOf(response!);
      if (text !== undefined) {
        unreadable = 0;
        return answerOf(status!, text, (name) => headerOf(headersOf(response)!, name));
      }
      unreadable += 1;
      // The network may have cut the answer short.
      if (unreadable < MAX_UNREADABLE_ANSWERS) return undefined;
    }
  } catch {
    if (!unloading || isAborted(signal)) return undefined;
    // When a page unloads, browsers fail its requests although they arrive. Such a page gets no further turn.
    await nextTurn();
    posting.onPost();
    // Nothing reports whether a beacon arrived. Its events stay until an answer confirms them, and receivers
    // deduplicate.
    return sendBeacon(url, body);
  }
  fetchFailed = true;
  return await postOnce(posting);
}

function postByXhr(url: string, body: string, signal?: AbortSignal): Promise<ServerAnswer | undefined> {
  const { promise, settle } = deferred<ServerAnswer | undefined>();
  const address = normalised(url);
  const isSent = succeeds(() => {
    const xhr = newXhr();
    xhr.onloadend = () => {
      const { responseURL, status } = xhr;
      // `XMLHttpRequest` follows redirects by itself, so the answer may come from another server.
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

/** The body of an answer; `undefined` if it was cut short. */
async function textOf(response: Response): Promise<string | undefined> {
  try {
    return await readText(response);
  } catch {
    return undefined;
  }
}

interface AnswerBody {
  readonly rejected?: { line: unknown; error: unknown }[];
  readonly error?: unknown;
  readonly lacking?: unknown;
}

/**
 * Reads an answer. A body that is JSON, as a collector sends it, or empty confirms the batch. Anything else comes
 * from something in between, such as a proxy.
 */
function answerOf(status: number, text: string, header: Header): ServerAnswer {
  const body = attempt((): AnswerBody => ({ __proto__: null, ...parse(text) }));
  const isPage = status && status < 300 && !body && trim(text);
  const rejected = isArray(body?.rejected) ? body.rejected : [];
  const first = rejected[0];
  const lacking = body?.lacking;
  return {
    // A promise asks what it resolves to for a `then`, and the page may have added one to all objects.
    __proto__: null,
    status: isPage ? -1 : status,
    retryAfter: attempt(() => waitOf(header)),
    rejected: rejected.length,
    message: body
      ? (attempt(() => `${body.error ?? (first ? `line ${first.line}: ${first.error}` : "")}`) ?? "")
      : slice(text, 0, MAX_QUOTED_UNITS),
    lacking: typeof lacking === "string" ? lacking : undefined,
  } as ServerAnswer;
}

// Seconds are digits alone. A repeated header arrives as a list, whose first item counts.
const SECONDS = /^\d+(?=\s*(,|$))/;
const DATE = /^[a-z].*/i;

/** `Retry-After` in ms, from seconds or a date; `undefined` if it is neither. */
function waitOf(header: Header): number | undefined {
  const text = header("retry-after") ?? "";
  const seconds = find(SECONDS, text);
  // Many clocks are wrong, so the date is compared with the server's own clock if that can be read.
  const wait = seconds
    ? toNumber(seconds) * 1000
    : parseDate(find(DATE, text)) - (parseDate(header("date") ?? "") || wall());
  return wait > 0 ? wait : undefined;
}
