import { createNatero } from "natero-wasm/vue";
import { createApp } from "vue";
import App from "./App.vue";
import { tracker } from "./tracker.js";

window.tracker = tracker;
tracker.setProductId("studio");
tracker.sendFeatureEvent("opened");
createApp(App).use(createNatero({ tracker })).mount("#app");
