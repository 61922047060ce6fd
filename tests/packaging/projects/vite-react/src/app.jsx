import { NateroProvider, Track, useModule } from "natero-wasm/react";
import { useState } from "react";
import { tracker } from "./tracker.js";

window.tracker = tracker;

function Reports() {
  useModule("reports");
  const [pressed, setPressed] = useState(0);
  return (
    <Track feature="export">
      <button type="button" id="export" onClick={() => setPressed(pressed + 1)}>
        First text: {pressed}
      </button>
    </Track>
  );
}

export function App() {
  return (
    <NateroProvider tracker={tracker} product="studio">
      <Reports />
    </NateroProvider>
  );
}
