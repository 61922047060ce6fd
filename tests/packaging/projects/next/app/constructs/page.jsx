// A server component that constructs a tracker, which does nothing there.

import { tracker } from "../../tracker.js";
import { Export } from "../export.jsx";

export default async function Page() {
  const isTracking = await tracker.ready;
  return (
    <>
      <p>The server {isTracking ? "tracks" : "does not track"}</p>
      <Export />
    </>
  );
}
