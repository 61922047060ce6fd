// With what natero-wasm does too: page views, active time, the user.
import {
  enableActivityTracking,
  newTracker,
  setUserId,
  trackPageView,
  trackSelfDescribingEvent,
  trackStructEvent,
} from "@snowplow/browser-tracker";
import { details } from "../details.js";

const SCHEMA = "iglu:example.acme/feature/jsonschema/1-0-0";

export function start(endpoint) {
  // Without Base64 the sink can read the events; it is also less work and fewer bytes for this tracker.
  newTracker("bench", endpoint, { appId: "acme", encodeBase64: false });
  setUserId("ann@acme.example");
  enableActivityTracking({ minimumVisitLength: 60, heartbeatDelay: 60 });
  trackPageView();
}

export function feature(name) {
  trackStructEvent({ category: "feature", action: name });
}

/** A structured event has no properties of its own: this tracker takes them in a self-describing one. */
export function featureWithDetails(name) {
  trackSelfDescribingEvent({ event: { schema: SCHEMA, data: { feature: name, ...details() } } });
}
