// Which tab was used last. Tabs tell each other: over a BroadcastChannel, or
// by storage events where there is none.

import { Op, type Tell } from "../core.ts";
import type { Checked } from "../settings.ts";

// Several trackers of one page are one tab.
const TAB = Math.random();

/** The other tabs. */
export interface Tabs {
  /** Tells them that this one came into use, and listens from then on. `store`: storage may be used for that. */
  announce(store: boolean): void;
  /** Listens no more, until the next announcement: a tab that is not in use has nothing to learn. */
  close(): void;
}

/** Listens to the other tabs. */
export function tabs(tell: Tell, { cookiePrefix }: Checked): Tabs {
  const name = `${cookiePrefix}tab`;
  const heard = (text: unknown): void => {
    const [tab, at] = String(text).split(" ").map(Number);
    if (tab !== TAB && at) tell(Op.OtherTab, "", at);
  };
  const news = (): string => `${TAB} ${Date.now()}`;
  let channel: BroadcastChannel | undefined;
  const open = (): BroadcastChannel => {
    if (!channel) {
      channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => heard(data);
    }
    return channel;
  };
  try {
    open();
    return {
      announce: () => open().postMessage(news()),
      close() {
        channel?.close();
        channel = undefined;
      },
    };
  } catch {
    const listener = (event: StorageEvent): void => {
      if (event.key === name) heard(event.newValue);
    };
    const listen = (): void => globalThis.addEventListener?.("storage", listener);
    listen();
    return {
      announce(store) {
        listen();
        try {
          // Others hear of it all the same if it does not stay.
          if (store) {
            localStorage.setItem(name, news());
            localStorage.removeItem(name);
          }
        } catch {
          // Storage is full or blocked: each tab counts for itself.
        }
      },
      close: () => globalThis.removeEventListener?.("storage", listener),
    };
  }
}
