// Without the recorder: this build is nearest to natero-wasm.
import mixpanel from "mixpanel-browser/src/loaders/loader-module-core";
import { details } from "../details.js";

export function start(endpoint) {
  mixpanel.init("bench", { api_host: endpoint, track_pageview: true });
  mixpanel.identify("ann@acme.example");
}

export function feature(name) {
  mixpanel.track(name);
}

export function featureWithDetails(name) {
  mixpanel.track(name, details());
}
