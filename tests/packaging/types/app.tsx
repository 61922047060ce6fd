// JSX that React apps write with the wrapper.

import { na } from "natero-wasm";
import { NateroProvider, Track } from "natero-wasm/react";

const tracker = new na("api", "auth");

export const app = (
  <NateroProvider tracker={tracker} accountId="acme" userId={null} product="studio">
    text
    <Track feature="export" total={3} details={{ format: "csv" }}>
      <button type="button">Export</button>
    </Track>
    <Track feature="shown" on="show" />
    {/* @ts-expect-error: no such event */}
    <Track feature="export" on="hover" />
  </NateroProvider>
);
