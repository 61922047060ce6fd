// The only tracker of the app. Its keys and its collector come from the environment.

import { na } from "natero-wasm";

const { VITE_API_KEY, VITE_AUTH_KEY, VITE_ENDPOINT } = import.meta.env;

export const tracker = new na(VITE_API_KEY, VITE_AUTH_KEY, { endpoint: VITE_ENDPOINT });
