// An app under StrictMode: two routes, each with a module, and a widget with one of its own.

import { na } from "natero-wasm/inline";
import { NateroProvider, Track, useModule, useNatero } from "natero-wasm/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

const tracker = new na("api", "auth", { endpoint: location.origin, flushInterval: 50 });
window.tracker = tracker;

function Reports({ widget }) {
  useModule("reports");
  return (
    <>
      <Track feature="export" total={3} details={{ format: "csv" }}>
        <button type="button" id="export" onClick={() => window.order.push("own")}>
          Export
        </button>
      </Track>
      {widget && <Widget />}
    </>
  );
}

function Widget() {
  useModule("widget");
  return <Track feature="widget shown" on="show" />;
}

function Billing() {
  useModule("billing");
  const inner = useNatero();
  return (
    <button type="button" id="pay" onClick={() => inner.sendFeatureEvent("pay")}>
      Pay
    </button>
  );
}

function App() {
  const [view, setView] = useState("reports");
  const [user, setUser] = useState(null);
  const [current, setCurrent] = useState(tracker);
  // As when the file that constructs the tracker is reloaded.
  const again = () => setCurrent(new na("api", "auth", { endpoint: location.origin, flushInterval: 50 }));
  Object.assign(window, { setUser, setView, again });
  return (
    <NateroProvider tracker={current} accountId="acme" userId={user} product="studio">
      {view === "billing" ? <Billing /> : view ? <Reports widget={view === "widget"} /> : null}
    </NateroProvider>
  );
}

window.order = [];
createRoot(document.getElementById("root")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
