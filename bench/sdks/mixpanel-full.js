// The ordinary import, which brings the session recorder.
import mixpanel from "mixpanel-browser";
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
