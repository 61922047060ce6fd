// Two views under StrictMode. The provider passes the signed-in user to the tracker.

import { NateroProvider, Track, useModule } from "natero-wasm/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { tracker } from "./tracker.js";

function Dashboard() {
  useModule("dashboard");
  return (
    <Track feature="add_widget">
      <button type="button">Add widget</button>
    </Track>
  );
}

function Reports() {
  useModule("reports");
  const [rows, setRows] = useState(12);
  return (
    <Track feature="export_report" on="submit" total={rows}>
      <form onSubmit={(event) => event.preventDefault()}>
        <label>
          Rows <input type="number" value={rows} onChange={(event) => setRows(event.target.valueAsNumber)} />
        </label>
        <button type="submit">Export</button>
      </form>
    </Track>
  );
}

function App() {
  const [user, setUser] = useState("ada@acme.example");
  const [View, setView] = useState(() => Dashboard);
  return (
    <NateroProvider tracker={tracker} accountId={user && "acme"} userId={user} product="freight">
      <nav>
        <button type="button" onClick={() => setView(() => Dashboard)}>
          Dashboard
        </button>
        <button type="button" onClick={() => setView(() => Reports)}>
          Reports
        </button>
        <button type="button" onClick={() => setUser(user ? null : "ada@acme.example")}>
          {user ? "Sign out" : "Sign in"}
        </button>
      </nav>
      <main>
        <View />
      </main>
    </NateroProvider>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
