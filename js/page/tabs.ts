// Which tab was used last. Tabs announce that to each other over a BroadcastChannel, or by storage events if there is
// none. A message is `PAGE NUMBER`, with the number of the engine's announcement.

import type { SendInput } from "../engine-driver.ts";
import { TAB } from "../generated/contract.ts";
import { attempt, indexOf, slice, toNumber } from "../intrinsics.ts";
import { removeStored, store } from "../web-storage.ts";
import { openChannel } from "./browser.ts";
import { listen } from "./listen.ts";

/**
 * The other tabs. After `close()` this tab listens to them again from its next announcement on: a tab that is not in
 * use has nothing to learn.
 */
export class Tabs {
  readonly #name: string;
  /** The id of this page. Several trackers of one page count as one tab. */
  readonly #page: string;
  readonly #sendInput: SendInput;
  #channel: BroadcastChannel | undefined;
  #stopListening: (() => void) | undefined;

  /** Reports what other tabs announce. */
  constructor(prefix: string, page: string, sendInput: SendInput) {
    this.#name = prefix + TAB;
    this.#page = page;
    this.#sendInput = sendInput;
    this.#open();
  }

  /** Announces this to the others. */
  announce(announcement: number, throughStorage: boolean): void {
    this.#open();
    const message = `${this.#page} ${announcement}`;
    const channel = this.#channel;
    if (channel) attempt(() => channel.postMessage(message));
    // Other tabs receive it even though it is removed at once. If storage is full or blocked, each tab counts on its
    // own.
    else if (throughStorage && store(this.#name, message)) removeStored(this.#name);
  }

  /** Stops listening until the next announcement. */
  close(): void {
    attempt(() => this.#channel?.close());
    this.#channel = undefined;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #open(): void {
    if (this.#channel || this.#stopListening) return;
    attempt(() => {
      const channel = openChannel(this.#name);
      channel.onmessage = ({ data }) => this.#receive(data);
      this.#channel = channel;
    });
    if (this.#channel) return;
    this.#stopListening = listen("storage", (event) => {
      const { key, newValue } = event as StorageEvent;
      if (key === this.#name) this.#receive(newValue);
    });
  }

  #receive(message: unknown): void {
    if (typeof message !== "string") return;
    const space = indexOf(message, " ");
    const announcement = toNumber(slice(message, space + 1));
    if (slice(message, 0, space) !== this.#page && announcement) this.#sendInput("otherTab", announcement);
  }
}
