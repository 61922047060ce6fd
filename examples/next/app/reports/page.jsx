// A server component around a form that runs in the browser.

import { ExportForm } from "./export-form.jsx";

export default function Reports() {
  return (
    <>
      <h1>Reports</h1>
      <ExportForm rows={12} />
    </>
  );
}
