// Makes the calls of pages that are gone and never had their wasm. Their events
// are stored like those of any page, and taken over from there.

import { filter } from "./before-send.ts";
import type { Call } from "./calls.ts";
import type { Left } from "./early.ts";
import { SIGN_IN_MS } from "./generated/contract.ts";
import { Core, type CoreConfig } from "./generated/core.js";
import { attempt, isFiniteNumber, lastIndexOf, parse, slice, toNumber } from "./intrinsics.ts";
import { stored } from "./page/browser.ts";
import type { Cookies } from "./page/cookies.ts";
import { namesFrom, takeOver } from "./page/orphans.ts";
import type { PageStorage } from "./page/storage.ts";
import { tell } from "./tell.ts";
import type { Tracking } from "./tracking.ts";
import { store, unstore } from "./web-storage.ts";

/** Makes the calls of pages that are gone. */
export function replayLeftCalls(tracking: Tracking, storage: PageStorage, cookies: Cookies): void {
  const { early } = tracking;
  if (!early.isAllowed) return;
  attempt(() => {
    const names = namesFrom(early.callPrefix);
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at]!;
      if (name === early.key) continue;
      const lastAlive = toNumber(slice(name, lastIndexOf(name, ".") + 1));
      takeOver(name, lastAlive, () => {
        let isStored = true;
        attempt(() => {
          const left = stored(name);
          if (!left) return;
          isStored = new Replay(tracking, storage).make(parse(left) as Left, cookies);
          storage.adopt();
        });
        // What cannot be read goes; what could not be stored stays for the next page.
        if (isStored) unstore(name);
        return isStored;
      });
    }
  });
}

/** The calls of one page, made in an engine of their own. All it may do is to ask `beforeSend`, and to store. */
class Replay {
  readonly #tracking: Tracking;
  readonly #storage: PageStorage;
  #part = "";
  #isStored = true;

  constructor(tracking: Tracking, storage: PageStorage) {
    this.#tracking = tracking;
    this.#storage = storage;
  }

  /** Makes the calls with their times; tells whether everything that came of them is stored. Throws where they cannot be read. */
  make({ accountId, userId, seed, calls }: Left, cookies: Cookies): boolean {
    const config = { __proto__: null, ...this.#tracking.config, accountId, userId } as CoreConfig;
    const { mono, wall } = timesOf(calls[0]!);
    // The same seed makes the same events, so that doing this twice loses and doubles nothing.
    const core = new Core(config, finite(seed[0]), finite(seed[1]), finite(seed[2]), finite(seed[3]), mono, wall);
    try {
      const { session, visitor } = cookies.read();
      core.start(mono, wall, false, false, undefined, "", "", session, visitor);
      this.#perform(core, mono, wall);
      let last = { mono, wall };
      for (let at = 0; at < calls.length; at += 1) {
        const call = calls[at]!;
        last = timesOf(call);
        // Others than we may have written into the storage: what is no such method throws.
        if ((call.method as string) === "free") throw new TypeError();
        tell(core, call.method, last.mono, last.wall, call.more);
        this.#perform(core, last.mono, last.wall);
      }
      // By then a sign-in is over: who signed in is whom the events are of.
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

/** A number as stored. Throws where it is none: others than we may have written into the storage. */
function finite(stored: unknown): number {
  if (!isFiniteNumber(stored)) throw new TypeError();
  return stored as number;
}
