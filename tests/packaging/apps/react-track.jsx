// Elements that `<Track>` wraps.

import { NateroProvider, Track } from "natero-wasm/react";
import { Fragment, lazy, Suspense, useState } from "react";
import { createRoot } from "react-dom/client";
import { tracker } from "./tracker.js";

window.order = [];

// A node that arrives later, as from a server component.
const later = (node) => lazy(async () => ({ default: node }));

const streamed = later(
  <button type="button" id="streamed">
    Streamed
  </button>,
);

const streamedTrack = later(<Track feature="streamed within">{streamed}</Track>);

function App() {
  const [typed, setTyped] = useState("");
  return (
    <NateroProvider tracker={tracker}>
      <Track feature="outer">
        <Track feature="inner">
          <button type="button" id="nested" onClick={() => window.order.push("own")}>
            Nested
          </button>
        </Track>
      </Track>
      <Track feature="pressed">
        <Track feature="changed" on="change">
          <input type="checkbox" id="both" />
        </Track>
      </Track>
      <Track feature="typed" on="change" details={{ length: typed.length }}>
        <input id="typed" value={typed} onChange={({ target }) => setTyped(target.value.toUpperCase())} />
      </Track>
      <Track feature="chosen" on="change">
        <select id="chosen">
          <option>day</option>
          <option>week</option>
        </select>
      </Track>
      <Suspense>
        <Track feature="streamed">{streamedTrack}</Track>
      </Suspense>
      <Track feature="fragment">
        <Fragment key="both">
          <i>one</i>
          <i>two</i>
        </Fragment>
      </Track>
    </NateroProvider>
  );
}

createRoot(document.getElementById("root")).render(<App />);
