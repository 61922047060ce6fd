// Web Locks tell which pages live: if the lock of a part of the storage is free, its page is closed.

import { deferred, lock } from "../environment.ts";

/** Locks that are held until they are released. In a browser without locks this does nothing. */
export class Locks {
  #releases: (() => void)[] = [];
  /** How often all of them were released. */
  #round = 0;

  /** Holds the lock of this name as soon as nobody else does. */
  hold(name: string): void {
    lock(name, this.whenGranted());
  }

  /** The callback that holds a lock once it is granted, unless all were released meanwhile. */
  whenGranted(): () => Promise<void> | undefined {
    const round = this.#round;
    return () => {
      if (round !== this.#round) return undefined;
      return this.#untilReleased();
    };
  }

  /** Releases all locks that are held or requested. */
  release(): void {
    this.#round += 1;
    const releases = this.#releases;
    this.#releases = [];
    for (let at = 0; at < releases.length; at += 1) releases[at]!();
  }

  #untilReleased(): Promise<void> {
    const { promise, settle } = deferred();
    this.#releases[this.#releases.length] = settle;
    return promise;
  }
}
