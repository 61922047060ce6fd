// What the engine asks for: requests, cookies, storage, other tabs, the timer.

import { isPlain, toJson } from "./arguments.ts";
import { readCookies, setCookie } from "./browser/cookies.ts";
import { listen } from "./browser/page.ts";
import { post } from "./browser/post.ts";
import type { Stash } from "./browser/stash.ts";
import { Storage } from "./browser/storage.ts";
import { type Tabs, tabs } from "./browser/tabs.ts";
import { Do, type Engine, Op, type Perform, type Tell } from "./core.ts";
import { lost, say } from "./messages.ts";
import type { Checked } from "./settings.ts";
import type { FlushResult } from "./types.ts";

// Details, and what else an event may hold.
const LARGEST_EVENT = 32_768;

// The longest wait that timers of browsers keep to, in ms.
const LONGEST_TIMER = 2 ** 31 - 1;

/** Tells the developer and the page what went wrong. */
export type Report = (code: string, message: string, dropped: number) => void;

/** What is done for the engine of one tracker. */
export interface Effects {
  perform: Perform;
  /** Listens to the page, from when its engine is there. */
  attach(engine: Engine): void;
  /** Listens no more, and leaves no timer and no lock behind. */
  detach(): void;
  /** The page's beforeSend is at work. */
  filtering: boolean;
  /** Who waits for the end of a flush. */
  flushes: Map<number, (result: FlushResult) => void>;
}

/** For the source that `url` names. */
export function effects(settings: Checked, url: string, stash: Stash, tell: Tell, report: Report): Effects {
  const flushes: Effects["flushes"] = new Map();
  let engine: Engine;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let others: Tabs | undefined;
  let storage: Storage | undefined;
  let stopListening: (() => void) | undefined;

  const leave = (): void => {
    others?.close();
    storage?.close();
  };

  const send = (body: string, request: number, events: number, keepalive: number, unloading: number): void => {
    const { compress, debug, debugUrl } = settings;
    const log = (what: string): void => {
      if (debug) say("log", `request ${request}: ${what}`);
    };
    log(`${events} events`);
    post(url, body, keepalive, unloading, compress).then(([message, status, retryAfter, rejected]) => {
      log(status ? `answered ${status}` : "no answer");
      tell(Op.Response, message, request, status, retryAfter, rejected);
    });
    if (debugUrl) post(debugUrl, body, keepalive, unloading, false);
  };

  const filter = (line: string, tell: Tell): void => {
    let kept: unknown;
    let json: string | undefined;
    all.filtering = true;
    try {
      const event = JSON.parse(line);
      // The key of deduplication is not the page's to change.
      const { event_id } = event;
      kept = settings.beforeSend?.(event);
      if (isPlain(kept)) json = toJson({ ...kept, event_id }, LARGEST_EVENT);
    } catch {
      kept = undefined;
    }
    all.filtering = false;
    if (json) tell(Op.Filtered, json);
    else tell(Op.FilteredOut, "", kept === null ? 0 : 1);
  };

  const all: Effects = {
    flushes,
    filtering: false,

    attach(made) {
      engine = made;
      // Where there is no page there is no localStorage and no tab; and under
      // Node a channel to other tabs would keep the process from ending.
      if (globalThis.document) {
        storage = new Storage(tell, settings, url);
        others = tabs(tell, settings);
      }
      // A browser that keeps the page to come back to it will not do so while it
      // holds a lock or hears other tabs. It asks for both again when it is back.
      stopListening = listen(tell, settings, leave);
    },

    detach() {
      clearTimeout(timer);
      stopListening?.();
      stopListening = undefined;
      leave();
      others = undefined;
      stash.close();
    },

    // Nothing that is called in here throws.
    perform(op, text, a, b, c, d) {
      switch (op) {
        case Do.Send:
          send(text, a, b, c, d);
          break;
        case Do.Filter:
          filter(text, tell);
          break;
        case Do.Lost:
          report(...lost(text, a, b, c), b);
          break;
        case Do.UserInTwoAccounts:
          say(
            "warn",
            `the account changed under user ${text}, and a user belongs to one account. Where another user signs in, set the user first.`,
          );
          break;
        case Do.Debug:
          say("log", "event", text);
          break;
        case Do.ReadCookies:
          tell(Op.Cookies, readCookies(settings));
          break;
        case Do.SetSession:
          setCookie(settings, "sid", text, a);
          break;
        case Do.SetVisitor:
          setCookie(settings, "vid", text);
          break;
        case Do.EraseCookies:
          setCookie(settings, "sid", "", 0);
          setCookie(settings, "vid", "", 0);
          break;
        case Do.Announce:
          others?.announce(!!a);
          break;
        case Do.Flushed:
          flushes.get(a)?.({ delivered: b, pending: c, rejected: d });
          flushes.delete(a);
          break;
        case Do.Detach:
          all.detach();
          break;
        case Do.Own:
          storage?.own(text);
          break;
        case Do.StoreSoon:
          queueMicrotask(() => tell(Op.Store));
          break;
        case Do.Store:
          storage?.store(a, text);
          break;
        case Do.Unstore:
          storage?.unstore(a);
          break;
        case Do.Adopt:
          storage?.adopt();
          if (storage) stash.adopt(engine, filter, storage);
          break;
        case Do.Forget:
          storage?.forget();
          break;
        case Do.Wake:
          clearTimeout(timer);
          // Once detached, nothing is set again.
          if (stopListening) timer = setTimeout(tell, Math.min(a - performance.now(), LONGEST_TIMER), Op.Timer);
      }
    },
  };
  return all;
}
