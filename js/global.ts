// The classic script: sets `window.na`.

import { na } from "./inline.ts";

declare global {
  interface Window {
    /** The tracker's class. */
    na: typeof na;
  }
}

(globalThis as unknown as Window).na = na;
