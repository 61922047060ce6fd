"use client";

import { Track } from "natero-wasm/react";
import { useState } from "react";

export function ExportForm({ rows: initially }) {
  const [rows, setRows] = useState(initially);
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
