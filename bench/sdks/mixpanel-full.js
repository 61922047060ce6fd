// The ordinary import, which brings the session recorder.
import mixpanel from "mixpanel-browser";

export function start(endpoint) {
  mixpanel.init("bench", { api_host: endpoint, track_pageview: true });
  mixpanel.identify("ann@acme.example");
}

export function feature(name) {
  mixpanel.track("feature", { feature: name, module: "reports", product: "studio" });
}
