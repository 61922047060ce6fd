import { tracker } from "./tracker.js";

tracker.sendFeatureEvent("opened");
document.getElementById("export").addEventListener("click", () => tracker.sendFeatureEvent("export"));
window.tracker = tracker;
