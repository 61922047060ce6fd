import { useEffect, useState } from "react";
import { tracker } from "./tracker.js";

export default function Home() {
  // The server renders without a user, and the page must start with the same state.
  const [user, setUser] = useState("nobody");
  useEffect(() => {
    setUser(tracker.getUserId());
    tracker.sendFeatureEvent("opened");
    window.tracker = tracker;
  }, []);
  return (
    <>
      <p>Rendered for {user}</p>
      <button type="button" id="export" onClick={() => tracker.sendFeatureEvent("export")}>
        Export
      </button>
    </>
  );
}
