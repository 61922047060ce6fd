// natero-wasm, as a page with a bundler uses it.
import { na } from "natero-wasm";
import { details } from "../details.js";

let tracker;

export function start(endpoint) {
  tracker = new na("bench-api-key", "bench-auth-key", { endpoint, accountId: "acme", userId: "ann@acme.example" });
  tracker.setProductId("studio");
  tracker.setModuleId("reports");
}

export function feature(name) {
  tracker.sendFeatureEvent(name);
}

export function featureWithDetails(name) {
  tracker.sendFeatureEvent(name, { details: details() });
}

export const ready = () => tracker.ready;
