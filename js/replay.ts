// Executes the calls of closed pages that never got their wasm. Their events are stored like those of any closed
// page, and adopted from there.

import { filter } from "./before-send.ts";
import type { Call } from "./calls.ts";
import { callCore } from "./core-call.ts";
import type { StoredCalls } from "./early.ts";
import { SIGN_IN_MS } from "./generated/contract.ts";
import { Core, type CoreConfig } from "./generated/core.js";
import { attempt, isFiniteNumber, lastIndexOf, parse, slice, toNumber } from "./intrinsics.ts";
import { readStored } from "./page/browser.ts";
import type { Cookies } from "./page/cookies.ts";
import { namesWithPrefix } from "./page/orphans.ts";
import type { PageStorage } from "./page/storage.ts";
import type { Tracking } from "./tracking.ts";
import { removeStored, store } from "./web-storage.ts";

/** Executes the stored calls of closed pages. */
export function replayStoredCalls(tracking: Tracking, storage: PageStorage, cookies: Cookies): void {
  const { early } = tracking;
  attempt(() => {
    const names = namesWithPrefix(early.callPrefix);
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at]!;
      if (name === early.key) continue;
      const lastAlive = toNumber(slice(name, lastIndexOf(name, ".") + 1));
      const take = () => {
        let isStored = true;
        attempt(() => {
          const text = readStored(name);
          if (!text) return;
          isStored = new Replay(tracking, storage).run({ __proto__: null, ...parse(text) } as StoredCalls, cookies);
          storage.adopt();
        });
        // Unreadable calls are removed. If events could not be stored, the calls stay for the next page, which may take
        // them while this one lives.
        if (isStored) removeStored(name);
        return true;
      };
      storage.others.take(name, take, lastAlive);
    }
  });
}

/** Executes the calls of one page in an engine of their own, which may only run `beforeSend` and store events. */
class Replay {
  readonly #tracking: Tracking;
  readonly #storage: PageStorage;
  #part = "";
  #isStored = true;

  constructor(tracking: Tracking, storage: PageStorage) {
    this.#tracking = tracking;
    this.#storage = storage;
  }

  /**
   * Executes the calls with their times. Returns whether all resulting events are stored. Throws if the calls cannot
   * be read.
   */
  run({ accountId, userId, seed, calls }: StoredCalls, cookies: Cookies): boolean {
    const config = { __proto__: null, ...this.#tracking.config, accountId, userId } as CoreConfig;
    const { mono, wall } = timesOf(calls[0]!);
    // The same seed produces the same events, so executing the calls twice neither loses nor duplicates any.
    const core = new Core(config, finite(seed[0]), finite(seed[1]), finite(seed[2]), finite(seed[3]), mono, wall);
    try {
      const { session, visitor } = cookies.read();
      core.start(mono, wall, false, false, undefined, "", "", session, visitor);
      this.#perform(core, mono, wall);
      let last = { mono, wall };
      for (let at = 0; at < calls.length; at += 1) {
        const call = calls[at]!;
        last = timesOf(call);
        // Other scripts may have written to the storage. A name that is not such a method throws.
        if ((call.method as string) === "free") throw new TypeError();
        callCore(core, call.method, last.mono, last.wall, call.more);
        this.#perform(core, last.mono, last.wall);
      }
      // By this time a sign-in is over, and waiting events get the identity.
      core.taskEnded(last.mono + SIGN_IN_MS, last.wall);
      this.#perform(core, last.mono, last.wall);
    } finally {
      core.free();
    }
    return this.#isStored;
  }

  #perform(core: Core, mono: number, wall: number): void {
    for (let effect = core.next(); effect; effect = core.next()) {
      if (effect.type === "claimStorage") this.#part = this.#storage.eventPrefix + effect.stream;
      else if (effect.type === "store") {
        const isStored = store(`${this.#part}.${effect.segment}`, effect.records);
        this.#isStored = this.#isStored && isStored;
      } else if (effect.type === "filter") {
        const line = filter(this.#tracking, effect.line);
        if (line) core.filtered(mono, wall, line);
        else core.filteredOut(mono, wall, line === undefined);
      }
    }
  }
}

/** When a call was made. */
const timesOf = ({ mono, wall }: Call): { mono: number; wall: number } => ({ mono: finite(mono), wall: finite(wall) });

/** Checks a stored number. Throws if it is not one, because other scripts may have written to the storage. */
function finite(stored: unknown): number {
  if (!isFiniteNumber(stored)) throw new TypeError();
  return stored as number;
}
