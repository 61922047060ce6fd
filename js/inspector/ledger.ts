// Follows what happens to each event, from the engine's effects and from the events it keeps.

import type { Effect, Inspection, QueuedEvent, Reason, Request, Stats } from "../generated/core.d.ts";
import { explain } from "../losses.ts";
import type { TrackedEvent } from "../types.ts";
import type { Observer } from "./observe.ts";

/** The progress of an event. */
export type Stage = "made" | "held" | "queued" | "sent" | "unsure" | "left" | "confirmed" | "dropped";

/** An event, and what happened to it. */
export interface Entry {
  readonly id: string;
  event: TrackedEvent;
  stage: Stage;
  /** Why it is in this stage, if that is not obvious. */
  note: string;
  /** What happened to it, and when, in ms since the epoch. */
  readonly history: { readonly at: number; readonly what: string }[];
  /** The request that carried it last. */
  request?: number;
  /** Increased with every change. */
  version: number;
}

/** A request and its answer. */
export interface Post {
  readonly request: number;
  readonly events: number;
  readonly bytes: number;
  readonly sentAt: number;
  /** The HTTP status; 0 if no answer came. */
  status?: number;
  message?: string;
  /** How long the server asked to wait, in ms. */
  retryAfter?: number;
  rejected?: number;
}

/** What the ledger asks of an engine. */
export interface Source {
  stats(): Stats;
  inspect(): Inspection;
  queued(at: number): QueuedEvent | undefined;
}

// Enough events to look back at. More would slow the page down.
const MAX_ENTRIES = 300;

// Waiting events beyond this number are not looked at, for the same reason.
const MAX_QUEUED = 1_000;

const EARLIER = "made before the panel was opened, or by a page that is closed";
const UNSURE = "it was on its way when its page went: the collector is asked whether it arrived";
const LEFT = "left to the storage, from where a page takes it up again";

/** Follows the events of one engine. */
export class Ledger implements Observer {
  /** By `event_id`, oldest first. */
  readonly entries = new Map<string, Entry>();
  /** By number, newest last. */
  readonly posts = new Map<number, Post>();
  readonly #source: Source;
  readonly #now: () => number;
  #stats: Stats;
  #isDirty = true;
  /** Ids of the events that `beforeSend` has not decided on, oldest first. */
  #undecided: string[] = [];
  #loss: Extract<Effect, { type: "reportLoss" }> | undefined;

  constructor(source: Source, now: () => number = Date.now) {
    this.#source = source;
    this.#now = now;
    this.#stats = source.stats();
    this.refresh();
  }

  requested(effect: Effect): void {
    this.#isDirty = true;
    if (effect.type === "showEvent") this.#add(effect.line, "made");
    else if (effect.type === "filter") this.#undecided.push(this.#add(effect.line, "given to beforeSend").id);
    else if (effect.type === "send") this.#sent(effect);
    else if (effect.type === "reportLoss") this.#loss = effect;
  }

  settled(): void {
    if (this.#isDirty) this.refresh();
  }

  answered(
    request: number,
    status: number,
    retryAfter: number | null | undefined,
    rejected: number,
    message: string,
  ): void {
    const post = this.posts.get(request);
    if (post) Object.assign(post, { status, message, rejected, ...(retryAfter == null ? {} : { retryAfter }) });
    this.#addHistoryOf(request, `request ${request} was answered with ${status}${message && `: ${message}`}`);
  }

  unanswered(request: number): void {
    const post = this.posts.get(request);
    if (post) post.status = 0;
    this.#addHistoryOf(request, `no answer came to request ${request}`);
  }

  passed(line: string): void {
    const entry = this.entries.get(this.#undecided.shift() ?? "");
    if (!entry) return;
    const event = read(line);
    if (event) entry.event = event;
    this.#addHistory(entry, "beforeSend let it pass");
  }

  filteredOut(threw: boolean): void {
    const entry = this.entries.get(this.#undecided.shift() ?? "");
    if (entry) this.#drop(entry, threw ? "beforeSend threw or returned no event" : "beforeSend returned null");
  }

  /** Compares the known events with those that the engine keeps. */
  refresh(): void {
    this.#isDirty = false;
    const stats = this.#source.stats();
    const isConsentMissing = this.#source.inspect().waitsFor === "consent";
    const queuedIds = new Set<string>();
    let isComplete = true;
    for (let at = 0; ; at += 1) {
      const event = this.#source.queued(at);
      if (!event) break;
      isComplete = at < MAX_QUEUED;
      if (!isComplete) break;
      queuedIds.add(this.#update(event, isConsentMissing).id);
    }
    if (isComplete) {
      const reason = grown(this.#stats, stats);
      for (const entry of this.entries.values()) {
        const isOver = entry.stage === "confirmed" || entry.stage === "dropped" || entry.stage === "left";
        if (!isOver && !queuedIds.has(entry.id) && !this.#undecided.includes(entry.id)) this.#end(entry, reason);
      }
    }
    this.#stats = stats;
    this.#loss = undefined;
    trim(this.entries);
  }

  /** Updates the stage of an event that the engine keeps. */
  #update({ line, progress, lacksAccount, lacksUser, isStored }: QueuedEvent, isConsentMissing: boolean): Entry {
    const entry = this.entries.get(idOf(line)) ?? this.#add(line, EARLIER);
    const missing = [isConsentMissing && "consent", lacksAccount && "accountId", lacksUser && "userId"]
      .filter(Boolean)
      .join(" and ");
    let stage: Stage = missing ? "held" : "queued";
    let note = missing && `waits for ${missing}`;
    if (progress.type === "carried") {
      stage = "sent";
      note = `in request ${progress.request}`;
    } else if (progress.type === "uncertain" || progress.type === "asked") {
      stage = "unsure";
      note = UNSURE;
    }
    if (entry.stage !== stage || entry.note !== note) {
      if (entry.stage === "held" && stage !== "held") {
        const event = read(line);
        if (event) entry.event = event;
      }
      entry.stage = stage;
      entry.note = note;
      const queued = isStored ? "queued, and stored" : "queued";
      this.#addHistory(entry, stage === "queued" ? queued : stage === "sent" ? `sent ${note}` : note);
    }
    return entry;
  }

  /** Updates an event that the engine no longer keeps: it has arrived, or never will. */
  #end(entry: Entry, reason: Reason | undefined): void {
    const post = this.posts.get(entry.request ?? 0);
    const isSuccess = entry.stage === "sent" && post?.status !== undefined && post.status >= 200 && post.status < 300;
    if (isSuccess || (entry.stage === "unsure" && !reason)) {
      const refused = isSuccess && post.rejected ? `${post.rejected} of its batch were refused: ${post.message}` : "";
      entry.stage = "confirmed";
      entry.note = refused;
      this.#addHistory(entry, refused ? `confirmed by the collector; ${refused}` : "confirmed by the collector");
    } else if (reason) {
      const loss = this.#loss?.reason === reason ? this.#loss : { reason, status: undefined, message: "" };
      this.#drop(entry, explain({ ...loss, count: 1 }).message);
    } else {
      entry.stage = "left";
      entry.note = LEFT;
      this.#addHistory(entry, LEFT);
    }
  }

  #drop(entry: Entry, why: string): void {
    entry.stage = "dropped";
    entry.note = why;
    this.#addHistory(entry, why);
  }

  #sent({ request, events, body }: Request): void {
    this.posts.set(request, { request, events, bytes: body.length, sentAt: this.#now() });
    trim(this.posts);
    for (const line of body.split("\n").filter(Boolean)) {
      const entry = this.entries.get(idOf(line)) ?? this.#add(line, EARLIER);
      // The line now has its `seq`, and the ids that it waited for.
      const event = read(line);
      if (event) entry.event = event;
      entry.request = request;
    }
  }

  #addHistoryOf(request: number, what: string): void {
    for (const entry of this.entries.values()) {
      if (entry.request === request && entry.stage === "sent") this.#addHistory(entry, what);
    }
  }

  #add(line: string, what: string): Entry {
    const id = idOf(line);
    let entry = this.entries.get(id);
    if (!entry) {
      const event = read(line) ?? ({ action: "feature", event_id: id } as TrackedEvent);
      entry = { id, event, stage: "made", note: "", history: [], version: 0 };
      this.entries.set(id, entry);
    }
    this.#addHistory(entry, what);
    return entry;
  }

  #addHistory(entry: Entry, what: string): void {
    entry.history.push({ at: this.#now(), what });
    entry.version += 1;
  }
}

/** Removes the oldest entries. */
function trim<Key>(of: Map<Key, unknown>): void {
  for (const key of of.keys()) {
    if (of.size <= MAX_ENTRIES) return;
    of.delete(key);
  }
}

/** The reason whose counter has increased. */
function grown(before: Stats, now: Stats): Reason | undefined {
  const reasons = Object.keys(now.dropped) as Reason[];
  return reasons.find((reason) => now.dropped[reason] > before.dropped[reason]);
}

function read(line: string): TrackedEvent | undefined {
  try {
    return JSON.parse(line) as TrackedEvent;
  } catch {
    return undefined;
  }
}

const ID = /"event_id":"([^"]*)"/g;

/** The last match is the real id. Earlier ones may be part of the page's own details. */
const idOf = (line: string): string => [...line.matchAll(ID)].at(-1)?.[1] ?? line;
