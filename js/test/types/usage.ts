// What a user of the package can write, and what the compiler must refuse. Checked against the packed package; never
// run.

import type { FlushResult, Problem, Settings, Stats, TrackedEvent } from "natero-wasm";
import na, { na as named } from "natero-wasm";
import inline, { na as namedInline } from "natero-wasm/inline";
import { open } from "natero-wasm/inspector";
import { expectEvent } from "natero-wasm/testing";
import "natero-wasm/natero.global.js";

const settings: Settings = {
  accountId: 7,
  userId: "u-1",
  persistence: "memory",
  consent: "pending",
  beforeSend: (event: TrackedEvent) => (event.action === "pageView" ? null : event),
  onError: ({ code, message, dropped }: Problem) => {
    const reported: [string, string, number] = [code, message, dropped];
    void reported;
  },
};

const tracker = new na("api", "auth", settings);
const ready: Promise<boolean> = tracker.ready;
tracker.setAccountId("a");
tracker.setUserId(null);
tracker.identifyAccount("a", { name: "Acme", since: new Date() });
tracker.identifyUser("u");
tracker.setProductId("p");
tracker.setModuleId(null);
tracker.sendFeatureEvent("export");
tracker.sendFeatureEvent("export", 3);
tracker.sendFeatureEvent("export", { total: 3, module: "m", product: null, details: { rows: 10n } });
tracker.sendModuleEvent("m", 1500, { product: "p" });
tracker.trackPageView();
tracker.trackPageView({ url: "/orders?page=2", title: "Orders" });
tracker.optIn();
tracker.optOut();
tracker.reset();
tracker.shutdown();
const flushed: Promise<FlushResult> = tracker.flush();
const stats: Stats = tracker.stats();
const shown: Promise<boolean>[] = [tracker.inspect(), tracker.inspect(open)];
const ids: (string | null)[] = [
  tracker.getAccountId(),
  tracker.getUserId(),
  tracker.getModuleId(),
  tracker.getProductId(),
  tracker.getSessionId(),
  tracker.getVisitorId(),
];

// All ways to load the tracker provide the same methods.
const classes: (typeof na)[] = [na, named, inline, namedInline];
const fromScript: na = new window.na("api", "auth");
const byName: na = new globalThis.na("api", "auth");

// Details may have the type of an interface, which has no index signature.
interface Row {
  id: number;
  name?: string;
}
const row: Row = { id: 1 };
tracker.identifyUser("u", row);
tracker.identifyAccount("a", row);
tracker.sendFeatureEvent("export", { details: row });
// @ts-expect-error: a list is no plain object
tracker.sendFeatureEvent("export", { details: [row] });
// @ts-expect-error: nor is a text
tracker.identifyUser("u", "Ann");

// In tests, every field of an event can be expected.
expectEvent({ action: "feature", session_id: /./, visitor_id: "v", created_at: (at) => at > 0 });

// @ts-expect-error: the auth key is missing
new na("api");
// @ts-expect-error: an id is no object
tracker.setUserId({ id: "u" });
// @ts-expect-error: no such setting
new na("api", "auth", { accountID: "a" });
// @ts-expect-error: no such kind of persistence
new na("api", "auth", { persistence: "cookie" });
// @ts-expect-error: a feature has a name
tracker.sendFeatureEvent();
// @ts-expect-error: the time that was spent is missing
tracker.sendModuleEvent("m");
// @ts-expect-error: what is counted cannot be set
tracker.ready = ready;

// Names are checked if an app declares them.
const narrowed = new na<{ feature: "export" | "import"; module: "reports" }>("api", "auth");
narrowed.sendFeatureEvent("export", { module: "reports", product: "any" });
narrowed.setModuleId("reports");
narrowed.setModuleId(null);
narrowed.setProductId("any");
narrowed.sendModuleEvent("reports", 1);
// @ts-expect-error: no such feature
narrowed.sendFeatureEvent("exprot");
// @ts-expect-error: no such module
narrowed.sendFeatureEvent("export", { module: "report" });
// @ts-expect-error: no such module
narrowed.setModuleId("report");
const widened: na = narrowed;

// The action tells events apart.
const fieldsOf = (event: TrackedEvent): (string | number | undefined)[] => {
  if (event.action === "feature") return [event.feature, event.total, event.module];
  if (event.action === "moduleEnd") return [event.module, event.time_spent];
  if (event.action === "pageView") return [event.url, event.referrer];
  // @ts-expect-error: only a feature event has a feature
  return [event.feature];
};

export { byName, classes, fieldsOf, flushed, fromScript, ids, shown, stats, widened };
