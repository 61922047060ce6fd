// The same in Vue, with its router.

import { createNatero, useModule, useNatero } from "natero-wasm/vue";
import { createApp, h, ref, resolveDirective, withDirectives } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import { tracker } from "./tracker.js";

const Reports = {
  setup: () => {
    const track = resolveDirective("track");
    return () => withDirectives(h("button", { id: "export" }, "Export"), [[track, { feature: "export", total: 3 }]]);
  },
};

const widget = ref(null);
const Billing = {
  setup: () => {
    useModule(widget);
    const inner = useNatero();
    return () => h("button", { id: "pay", onClick: () => inner.sendFeatureEvent("pay") }, "Pay");
  },
};

const router = createRouter({
  history: createMemoryHistory(),
  routes: [
    { path: "/", component: Reports, meta: { module: "reports" } },
    { path: "/billing", component: Billing, meta: { module: "billing" } },
    { path: "/plain", component: { render: () => null } },
  ],
});
createApp(RouterView).use(router).use(createNatero({ tracker, router })).mount("#root");
Object.assign(window, { router, widget });
