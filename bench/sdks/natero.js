// Ours, as a page with a bundler uses it.
import { na } from "natero-wasm";

let tracker;

export function start(endpoint) {
  tracker = new na("bench-api-key", "bench-auth-key", { endpoint, accountId: "acme", userId: "ann@acme.example" });
  tracker.setProductId("studio");
  tracker.setModuleId("reports");
}

export function feature(name) {
  tracker.sendFeatureEvent(name);
}

/** As peers have it: module and product are given with each call. */
export function featureWithOptions(name) {
  tracker.sendFeatureEvent(name, { module: "reports", product: "studio" });
}

export const ready = () => tracker.ready;
