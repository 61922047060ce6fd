// Several roots that use one tracker, next to each other and nested, and a component of another
// package.

import { na } from "natero-wasm/inline";
import { NateroProvider, useModule } from "natero-wasm/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { Required } from "./react-required.cjs";

const make = () => new na("api", "auth", { endpoint: location.origin, accountId: "acme", userId: "ann" });
const tracker = make();
window.tracker = tracker;

function Within({ module }) {
  useModule(module);
  return null;
}

function App({ name, tracker }) {
  const [modules, setModules] = useState({});
  window[name] = setModules;
  return (
    <NateroProvider tracker={tracker}>
      {modules.outer && <Within module={modules.outer} />}
      {modules.required && <Required module={modules.required} />}
      <NateroProvider tracker={tracker}>{modules.inner && <Within module={modules.inner} />}</NateroProvider>
    </NateroProvider>
  );
}

// The third root has another handle for the same tracker.
for (const [name, handle] of [
  ["first", tracker],
  ["second", tracker],
  ["third", make()],
]) {
  createRoot(document.body.appendChild(document.createElement("div"))).render(<App name={name} tracker={handle} />);
}
