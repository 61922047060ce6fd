// Web Locks tell which pages live: if the lock of a part of the storage is free, its page is closed.

import { deferred, lock, lockIfFree } from "../environment.ts";
import { RELEASED_WITHIN_MS } from "../generated/contract.ts";
import { later } from "./browser.ts";

/** Locks that are held until they are released. In a browser without locks this does nothing. */
export class Locks {
  /** What ends each of them, and each timer. A release begins a new list. */
  #releases: ((() => void) | undefined)[] = [];

  /** Holds the lock of this name as soon as nobody else does. */
  hold(name: string): void {
    lock(name, this.#whenGranted());
  }

  /**
   * Calls `take` if nobody holds the lock of this name, and holds it if `take` returns that something had to stay. A
   * lock that is held is requested once more: a browser may start the next page before it has released the locks of
   * the one that this page replaces.
   */
  take(name: string, take: () => boolean): void {
    const releases = this.#releases;
    const granted = this.#whenGranted(take);
    lockIfFree(name, (free) => {
      if (!free && releases === this.#releases)
        releases[releases.length] = later(() => lockIfFree(name, granted), RELEASED_WITHIN_MS);
      return granted(free);
    });
  }

  /** Releases all locks that are held, and gives up those that are requested. */
  release(): void {
    const releases = this.#releases;
    this.#releases = [];
    for (let at = 0; at < releases.length; at += 1) releases[at]?.();
  }

  /** The callback that holds a lock once it is granted, unless all were released meanwhile or `take` took everything. */
  #whenGranted(take?: () => boolean): (lock: Lock | null) => Promise<void> | undefined {
    const releases = this.#releases;
    return (free) => {
      if (!free || releases !== this.#releases || take?.()) return undefined;
      const { promise, settle } = deferred();
      releases[releases.length] = settle;
      return promise;
    };
  }
}
