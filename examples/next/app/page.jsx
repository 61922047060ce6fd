// A server component with a button that is tracked in the browser.

import { Track } from "natero-wasm/react";

export default function Dashboard() {
  return (
    <>
      <h1>Dashboard</h1>
      <Track feature="add_widget">
        <button type="button">Add widget</button>
      </Track>
    </>
  );
}
