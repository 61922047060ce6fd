// Without the recorder: what is nearest to ours.
import mixpanel from "mixpanel-browser/src/loaders/loader-module-core";

export function start(endpoint) {
  mixpanel.init("bench", { api_host: endpoint, track_pageview: true });
  mixpanel.identify("ann@acme.example");
}

export function feature(name) {
  mixpanel.track("feature", { feature: name, module: "reports", product: "studio" });
}
