// The tracker's state: identity, clock, sending, and the counters.

import type { ClockState, Inspection } from "../generated/core.d.ts";
import { make, setText } from "./element.ts";
import type { InspectedTracker } from "./inspected.ts";
import { span } from "./status.ts";

const CLOCKS: Record<ClockState, string> = {
  active: "running: the page is in use",
  idle: "stopped: idle",
  away: "stopped: hidden, or another tab is in use",
};

const NONE = "–";

type Facts = Record<string, string>;

function identity({ ids, calls }: InspectedTracker): Facts {
  const { knownIds } = calls;
  return {
    account: ids?.accountId ?? knownIds.accountId ?? NONE,
    user: ids?.userId ?? knownIds.userId ?? NONE,
    module: ids?.moduleId ?? knownIds.moduleId ?? NONE,
    product: ids?.productId ?? knownIds.productId ?? NONE,
    session: ids?.sessionId ?? NONE,
    visitor: ids?.visitorId ?? NONE,
  };
}

function activeTime(inspection: Inspection | undefined, mono: number): Facts {
  if (!inspection) return { clock: NONE };
  const { clock, idleAt, moduleTime, pageViewTime, sessionTime } = inspection;
  return {
    clock: CLOCKS[clock],
    "idle in": idleAt === undefined ? NONE : span(idleAt - mono),
    "in the module": span(moduleTime),
    "on the page": span(pageViewTime),
    "since sessionSync": span(sessionTime),
  };
}

function sending(inspected: InspectedTracker): Facts {
  const last = [...(inspected.ledger?.posts.values() ?? [])].at(-1);
  const answer =
    last?.status === undefined ? "is awaited" : last.status ? `${last.status} ${last.message ?? ""}`.trim() : "none";
  return {
    collector: inspected.endpoint || NONE,
    consent: inspected.inspection?.consent ?? NONE,
    "last request": last ? `${last.request}, ${last.events} events, ${last.bytes} B` : NONE,
    "last answer": last ? answer : NONE,
    "out of reach": inspected.cause ?? NONE,
  };
}

function counters(inspected: InspectedTracker): Facts {
  const { stats } = inspected;
  if (!stats) return { waiting: String(inspected.calls.count) };
  const { dropped, ...counts } = stats;
  const facts: Facts = {};
  for (const [name, count] of Object.entries(counts)) facts[name] = String(count);
  for (const [name, count] of Object.entries({ ...dropped, invalid: inspected.refused })) {
    facts[`dropped.${name}`] = String(count);
  }
  return facts;
}

/** A heading, and the facts below it. */
class Group {
  readonly element: HTMLElement;
  readonly #list = make("dl");
  readonly #values = new Map<string, HTMLElement>();

  constructor(title: string) {
    this.element = make("section", {}, make("h3", {}, title), this.#list);
  }

  update(facts: Facts): void {
    for (const [name, fact] of Object.entries(facts)) {
      let value = this.#values.get(name);
      if (!value) {
        value = make("dd");
        this.#values.set(name, value);
        this.#list.append(make("div", {}, make("dt", {}, name), value));
      }
      setText(value, fact);
    }
    for (const [name, value] of this.#values) {
      if (name in facts) continue;
      value.parentElement?.remove();
      this.#values.delete(name);
    }
  }
}

/** All groups. */
export class StateList {
  readonly element = make("div", { class: "state" });
  readonly #identity = new Group("Identity");
  readonly #time = new Group("Active time");
  readonly #sending = new Group("Sending");
  readonly #counters = new Group("stats()");

  constructor() {
    for (const group of [this.#identity, this.#time, this.#sending, this.#counters]) this.element.append(group.element);
  }

  update(inspected: InspectedTracker, mono: number): void {
    this.#identity.update(identity(inspected));
    this.#time.update(activeTime(inspected.inspection, mono));
    this.#sending.update(sending(inspected));
    this.#counters.update(counters(inspected));
  }
}
