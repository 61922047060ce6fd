// Web Locks say which pages live: a part of the storage whose lock is free was
// left by a closed page.

import { deferred, lock } from "../environment.ts";

/** Locks that are held until they are let go of. Where browsers have none, they are none. */
export class Locks {
  #releases: (() => void)[] = [];
  /** How often all were let go of. */
  #round = 0;

  /** Holds the lock of this name as soon as nobody else does. */
  hold(name: string): void {
    lock(name, this.whenGranted());
  }

  /** What holds a lock once it is granted, unless all were let go of in between. */
  whenGranted(): () => Promise<void> | undefined {
    const round = this.#round;
    return () => {
      if (round !== this.#round) return undefined;
      return this.#held();
    };
  }

  /** Lets go of all that are held or asked for. */
  release(): void {
    this.#round += 1;
    const releases = this.#releases;
    this.#releases = [];
    for (let at = 0; at < releases.length; at += 1) releases[at]!();
  }

  #held(): Promise<void> {
    const { promise, settle } = deferred();
    this.#releases[this.#releases.length] = settle;
    return promise;
  }
}
