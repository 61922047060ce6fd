// The only tracker of the app. Its keys and its collector come from environment variables; Next
// includes variables with this prefix in the browser bundles. On the server, the tracker does
// nothing.

import { na } from "natero-wasm";

export const tracker = new na(process.env.NEXT_PUBLIC_API_KEY, process.env.NEXT_PUBLIC_AUTH_KEY, {
  endpoint: process.env.NEXT_PUBLIC_ENDPOINT,
});
