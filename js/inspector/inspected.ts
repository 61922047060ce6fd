// One tracker, as the panel shows it.

import type { Calls } from "../calls.ts";
import { monotonic, wall } from "../clock.ts";
import type { Crossing } from "../crossing.ts";
import type { Core, Ids, Inspection, Stats } from "../generated/core.d.ts";
import { causeOf } from "../page/unreachable.ts";
import { Ledger } from "./ledger.ts";
import { observe, observeReports } from "./observe.ts";

/** Something that the developer was told. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  /** How often. */
  count: number;
  /** Events lost by it. */
  dropped: number;
  /** When it was last told, in ms since the epoch. */
  at: number;
}

// As many different messages as anybody reads.
const MAX_PROBLEMS = 100;

/** A tracker, and what is known of it. */
export class Inspected {
  readonly calls: Calls;
  /** Once its engine is there. */
  ledger: Ledger | undefined;
  /** The newest last. */
  readonly problems: Problem[] = [];
  /** Why the collector is out of reach, since it is. */
  cause: string | undefined;
  #crossing: Crossing | undefined;
  #isSearching = false;
  readonly #stops: (() => void)[] = [];

  constructor(calls: Calls) {
    this.calls = calls;
    this.#stops.push(observeReports(calls, (code, message, dropped) => this.#reported(code, message, dropped)));
    this.attach();
  }

  /** Begins to observe the engine, once that is there. */
  attach(): void {
    const { crossing } = this.calls;
    if (!crossing || this.#crossing) return;
    const core = this.#core();
    if (!core) return;
    if (!core.inspect) throw new Error("the tracker and the inspector are of different versions");
    this.#crossing = crossing;
    const source = {
      stats: () => core.stats(),
      inspect: () => core.inspect(monotonic()),
      kept: (at: number) => core.kept(at),
    };
    this.ledger = new Ledger(source);
    this.#stops.push(observe(core, this.#observer(this.ledger)), () => this.#tell(false));
    this.#tell(true);
  }

  /** The engine, which knows of all calls then. What is asked of it by itself, without the guard that a mistake of the panel would turn the tracker off by. */
  #core(): Core | undefined {
    return this.calls.crossing?.ask((core) => core);
  }

  /** Takes in how far events are. An engine that failed is not asked any more. */
  look(): void {
    this.attach();
    if (this.calls.crossing) this.ledger?.look();
  }

  /** Nothing before the engine is there, and where it failed. */
  get inspection(): Inspection | undefined {
    return this.#core()?.inspect(monotonic());
  }

  get ids(): Ids | undefined {
    return this.#core()?.ids();
  }

  get stats(): Stats | undefined {
    return this.#core()?.stats();
  }

  /** Calls that were refused for what they were passed. */
  get refused(): number {
    return this.calls.refused;
  }

  /** Where batches go, without the keys. */
  get endpoint(): string {
    return this.#crossing?.tracking.url.replace(/\/v1\/[^/]*\/[^/]*$/, "") ?? "";
  }

  /** Nothing is sent, whatever happens. */
  get isSilenced(): boolean {
    return this.#crossing?.tracking.settings.disableEventSend ?? false;
  }

  /** Leaves the tracker as it was. */
  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops.length = 0;
  }

  #tell(isInspected: boolean): void {
    const { calls } = this;
    if (calls.isOff || !calls.crossing) return;
    calls.appendCall("inspected", monotonic(), wall(), [isInspected]);
    calls.crossing.take("inspected");
  }

  #observer(ledger: Ledger): Parameters<typeof observe>[1] {
    return {
      asked: (effect) => ledger.asked(effect),
      settled: () => ledger.settled(),
      passed: (line) => ledger.passed(line),
      filteredOut: (threw) => ledger.filteredOut(threw),
      answered: (request, status, retryAfter, rejected, message) => {
        ledger.answered(request, status, retryAfter, rejected, message);
        const isReached = status < 500 && status !== 429;
        this.cause = isReached ? undefined : `it answers ${status}`;
      },
      unanswered: (request) => {
        ledger.unanswered(request);
        this.#searchCause();
      },
    };
  }

  /** Asks once in a row of failures: a collector that is in need gets no more questions than that. */
  async #searchCause(): Promise<void> {
    if (this.cause || this.#isSearching) return;
    this.#isSearching = true;
    const { url, obstacle } = this.#crossing!.tracking;
    this.cause = await causeOf(url, obstacle);
    this.#isSearching = false;
  }

  #reported(code: string, message: string, dropped: number): void {
    const at = Date.now();
    const same = this.problems.find((problem) => problem.code === code && problem.message === message);
    if (same) Object.assign(same, { at, count: same.count + 1, dropped: same.dropped + dropped });
    else this.problems.push({ at, code, message, count: 1, dropped });
    if (this.problems.length > MAX_PROBLEMS) this.problems.shift();
  }
}
