// Two routes, each with a module, and a user who signs out.

import { createNatero } from "natero-wasm/vue";
import { createApp, ref, watchEffect } from "vue";
import { createRouter, createWebHashHistory } from "vue-router";
import { tracker } from "./tracker.js";

const Dashboard = { template: `<button v-track="'add_widget'">Add widget</button>` };

const Reports = {
  setup: () => ({ rows: ref(12) }),
  template: `
    <form v-track:submit="{ feature: 'export_report', total: rows }" @submit.prevent>
      <label>Rows <input type="number" v-model="rows"></label>
      <button>Export</button>
    </form>`,
};

const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/", component: Dashboard, meta: { module: "dashboard" } },
    { path: "/reports", component: Reports, meta: { module: "reports" } },
  ],
});

const user = ref("ada@acme.example");
tracker.setProductId("freight");
watchEffect(() => {
  tracker.setAccountId(user.value && "acme");
  tracker.setUserId(user.value);
});

const App = {
  setup: () => ({ user }),
  template: `
    <nav>
      <RouterLink to="/">Dashboard</RouterLink> <RouterLink to="/reports">Reports</RouterLink>
      <button @click="user = user ? null : 'ada@acme.example'">{{ user ? "Sign out" : "Sign in" }}</button>
    </nav>
    <main><RouterView /></main>`,
};

createApp(App).use(router).use(createNatero({ tracker, router })).mount("#app");
