// The one tracker of the app. Its keys and its collector come from the environment, of
// which Next puts what is named like this into what browsers load. On the server it is inert.

import { na } from "natero-wasm";

export const tracker = new na(process.env.NEXT_PUBLIC_API_KEY, process.env.NEXT_PUBLIC_AUTH_KEY, {
  endpoint: process.env.NEXT_PUBLIC_ENDPOINT,
});
