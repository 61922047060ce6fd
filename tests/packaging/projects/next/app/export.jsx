"use client";

import { useEffect } from "react";
import { tracker } from "../tracker.js";

export function Export() {
  useEffect(() => {
    tracker.sendFeatureEvent("opened");
    window.tracker = tracker;
  }, []);
  return (
    <button type="button" id="export" onClick={() => tracker.sendFeatureEvent("export")}>
      Export
    </button>
  );
}
