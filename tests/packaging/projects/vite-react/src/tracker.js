import { na } from "natero-wasm";

export const tracker = new na("YOUR-API-KEY", "YOUR-AUTH-KEY", {
  endpoint: "https://usage.example.com",
  accountId: "ACCOUNT",
  userId: "ann@ACCOUNT",
  // Longer than an edit takes on a busy machine: idle time would end the module.
  idleTimeout: 600_000,
});

// How often this file was loaded in the page.
window.constructed = (window.constructed ?? 0) + 1;
