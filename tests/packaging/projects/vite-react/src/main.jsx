import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.jsx";

// The file that constructs the tracker is imported only by modules that can be hot-reloaded.
window.tracker.sendFeatureEvent("opened");
createRoot(document.getElementById("root")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
