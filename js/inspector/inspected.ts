// One tracker, as the panel shows it.

import type { Calls } from "../calls.ts";
import { monotonic, wall } from "../clock.ts";
import type { EngineDriver } from "../engine-driver.ts";
import type { Core, Ids, Inspection, Stats } from "../generated/core.d.ts";
import { causeOf } from "../page/unreachable.ts";
import { Ledger } from "./ledger.ts";
import { observe, observeReports } from "./observe.ts";

/** Something that was reported to the developer. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  /** How often it was reported. */
  count: number;
  /** How many events it lost. */
  dropped: number;
  /** When it was last reported, in ms since the epoch. */
  at: number;
}

// Nobody reads more different messages than this.
const MAX_PROBLEMS = 100;

/** A tracker, and what the panel knows about it. */
export class InspectedTracker {
  readonly calls: Calls;
  /** Undefined until the engine has loaded. */
  ledger: Ledger | undefined;
  /** The newest is last. */
  readonly problems: Problem[] = [];
  /** Why the collector is unreachable, for as long as it is. */
  cause: string | undefined;
  #driver: EngineDriver | undefined;
  #isSearching = false;
  readonly #stops: (() => void)[] = [];

  constructor(calls: Calls) {
    this.calls = calls;
    this.#stops.push(observeReports(calls, (code, message, dropped) => this.#reported(code, message, dropped)));
    this.attach();
  }

  /** Begins to observe the engine, once it has loaded. */
  attach(): void {
    const { driver } = this.calls;
    if (!driver || this.#driver) return;
    const core = this.#core();
    if (!core) return;
    if (!core.inspect) throw new Error("the tracker and the inspector are of different versions");
    this.#driver = driver;
    const source = {
      stats: () => core.stats(),
      inspect: () => core.inspect(monotonic()),
      queued: (at: number) => core.queued(at),
    };
    this.ledger = new Ledger(source);
    this.#stops.push(observe(core, this.#observer(this.ledger)), () => this.#setInspected(false));
    this.#setInspected(true);
  }

  /**
   * The engine, after it has taken in all calls. The panel asks it directly, because a mistake of the panel within
   * the tracker's guard would turn the tracker off.
   */
  #core(): Core | undefined {
    return this.calls.driver?.ask((core) => core);
  }

  /** Updates the progress of the events. A failed engine is not asked any more. */
  refresh(): void {
    this.attach();
    if (this.calls.driver) this.ledger?.refresh();
  }

  /** The engine's state; `undefined` before the engine has loaded and after it failed. */
  get inspection(): Inspection | undefined {
    return this.#core()?.inspect(monotonic());
  }

  get ids(): Ids | undefined {
    return this.#core()?.ids();
  }

  get stats(): Stats | undefined {
    return this.#core()?.stats();
  }

  /** Calls that were refused for their arguments. */
  get refused(): number {
    return this.calls.refused;
  }

  /** The endpoint, without the keys. */
  get endpoint(): string {
    return this.#driver?.tracking.url.replace(/\/v1\/[^/]*\/[^/]*$/, "") ?? "";
  }

  /** Whether sending is disabled. */
  get isSilenced(): boolean {
    return this.#driver?.tracking.settings.disableEventSend ?? false;
  }

  /** Stops observing, and leaves the tracker as it was. */
  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops.length = 0;
  }

  #setInspected(isInspected: boolean): void {
    const { calls } = this;
    if (calls.isOff || !calls.driver) return;
    calls.appendCall("inspected", monotonic(), wall(), [isInspected]);
    calls.driver.take("inspected");
  }

  #observer(ledger: Ledger): Parameters<typeof observe>[1] {
    return {
      requested: (effect) => ledger.requested(effect),
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
        this.#findCause();
      },
    };
  }

  /** Looks for the cause once per series of failures, so that a struggling collector gets no further requests. */
  async #findCause(): Promise<void> {
    if (this.cause || this.#isSearching) return;
    this.#isSearching = true;
    const { url, obstacle } = this.#driver!.tracking;
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
