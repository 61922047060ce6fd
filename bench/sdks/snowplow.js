// What the tracker of Snowplow has beside ours: page views, active time, the user.
import { enableActivityTracking, newTracker, setUserId, trackPageView, trackStructEvent } from "@snowplow/browser-tracker";

export function start(endpoint) {
  newTracker("bench", endpoint, { appId: "acme" });
  setUserId("ann@acme.example");
  enableActivityTracking({ minimumVisitLength: 60, heartbeatDelay: 60 });
  trackPageView();
}

export function feature(name) {
  trackStructEvent({ category: "studio", label: "reports", action: name });
}
