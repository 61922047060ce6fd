// Web Locks tell which pages live: if the lock of a part of the storage is free, its page is closed. In a browser
// without locks, and on a page where something has replaced them, time stamps tell.

import { wall } from "../clock.ts";
import { atTaskEnd, deferred, locks, requestLock } from "../environment.ts";
import { CLOSED_AFTER_MS, RELEASED_WITHIN_MS } from "../generated/contract.ts";
import { later } from "./browser.ts";

/** The last request was neither granted nor denied. */
let areBroken = false;

/** Whether there are locks that work, as far as that is known. */
export const haveLocks = (): unknown => !areBroken && locks();

/** Locks that are held until they are released. */
export class Locks {
  /** What ends each of them, and each timer. A release begins a new list. */
  #releases: ((() => void) | undefined)[] = [];

  /**
   * Calls `takeOver` for what a page left under `name`, if that page is closed or its last time stamp is too old. No
   * other page takes it at the same time. Unless `takeOver` returns that nothing had to stay, this holds the lock. If
   * this is not done again, a lock that is held is requested once more: a browser may start the next page before it has
   * released the locks of the one that this page replaces.
   */
  async take(name: string, takeOver: () => unknown, lastAlive: number, isAgain?: boolean): Promise<void> {
    const releases = this.#releases;
    let isUnanswered = true;
    const granted = (free: Lock | null): Promise<void> | undefined => {
      isUnanswered = areBroken = false;
      if (releases === this.#releases) {
        if (free) {
          if (!takeOver()) {
            const { promise, settle } = deferred();
            releases[releases.length] = settle;
            return promise;
          }
        } else if (!isAgain) {
          releases[releases.length] = later(() => this.take(name, takeOver, lastAlive, true), RELEASED_WITHIN_MS);
        }
      }
      return undefined;
    };
    try {
      await requestLock(locks()!, name, { __proto__: null, ifAvailable: true }, granted);
    } catch {
      // A lock can also be lost after it was granted.
    }
    if (!isUnanswered) return;
    areBroken = true;
    // Also where the time stamp lies in the future because the clock was set back since, or is missing. Where there are
    // locks, though, a page without a time stamp has one that works. As with a lock, this happens after the current task.
    const age = wall() - lastAlive;
    if ((lastAlive || !locks()) && !(age <= CLOSED_AFTER_MS && -age <= CLOSED_AFTER_MS)) atTaskEnd(takeOver);
  }

  /** Releases all locks that are held, and gives up those that are requested. */
  release(): void {
    const releases = this.#releases;
    this.#releases = [];
    for (let at = 0; at < releases.length; at += 1) releases[at]?.();
  }
}
