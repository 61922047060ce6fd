// The ordinary import.
import posthog from "posthog-js";
import { details } from "../details.js";

export function start(endpoint) {
  posthog.init("bench", {
    api_host: endpoint,
    // It takes a driven browser for a robot, and a burst for a mistake.
    opt_out_useragent_filter: true,
    rate_limiting: { events_per_second: 1_000_000, events_burst_limit: 1_000_000 },
  });
  posthog.identify("ann@acme.example");
}

export function feature(name) {
  posthog.capture(name);
}

export function featureWithDetails(name) {
  posthog.capture(name, details());
}
