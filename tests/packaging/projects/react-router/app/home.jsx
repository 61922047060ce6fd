import { useEffect, useState } from "react";
import { tracker } from "./tracker.js";

export default function Home() {
  // The server, which has a tracker of nobody, and the page begin alike.
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
