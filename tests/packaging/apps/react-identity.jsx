// An app whose views send features in both kinds of effects, as soon as they are mounted.

import { na } from "natero-wasm/inline";
import { NateroProvider, Track, useModule, useNatero } from "natero-wasm/react";
import { useEffect, useLayoutEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const tracker = new na("api", "auth", { endpoint: location.origin, flushInterval: 50 });
window.tracker = tracker;

function View() {
  useModule("reports");
  const above = useNatero();
  useLayoutEffect(() => above.sendFeatureEvent("layout"), [above]);
  useEffect(() => above.sendFeatureEvent("effect"), [above]);
  return <Track feature="show" on="show" />;
}

function App() {
  const [user, setUser] = useState({ account: "a1", id: "u1" });
  window.setUser = setUser;
  return (
    <NateroProvider tracker={tracker} accountId={user?.account ?? null} userId={user?.id ?? null} product="studio">
      <View key={user?.id} />
    </NateroProvider>
  );
}

createRoot(document.getElementById("root")).render(<App />);
