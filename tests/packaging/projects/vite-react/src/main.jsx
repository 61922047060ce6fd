import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.jsx";

// The file that constructs the tracker is imported by parts alone that can be loaded again.
window.tracker.sendFeatureEvent("opened");
createRoot(document.getElementById("root")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
