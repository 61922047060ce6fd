import * as amplitude from "@amplitude/analytics-browser";
import { details } from "../details.js";

export function start(endpoint) {
  amplitude.init("bench-api-key", "ann@acme.example", {
    serverUrl: `${endpoint}/2/httpapi`,
    // As it does with its own servers.
    enableRequestBodyCompression: true,
  });
}

export function feature(name) {
  amplitude.track(name);
}

export function featureWithDetails(name) {
  amplitude.track(name, details());
}
