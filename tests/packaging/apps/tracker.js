// The tracker of the apps in this folder.

import { na } from "natero-wasm/inline";

export const tracker = new na("api", "auth", {
  endpoint: location.origin,
  flushInterval: 50,
  accountId: "acme",
  userId: "ann",
});
window.tracker = tracker;
