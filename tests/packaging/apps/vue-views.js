// Vue apps next to each other, with guarded routes and kept-alive views.

import { createNatero, useModule } from "natero-wasm/vue";
import { createApp, h, KeepAlive, ref, resolveDirective, withDirectives } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import { tracker } from "./tracker.js";

const plain = { render: () => null };

const viewOf = (module) => ({
  setup: () => {
    useModule(module);
    return () => h("p", module);
  },
});

const routes = [
  { path: "/", component: plain, meta: { module: "home" } },
  { path: "/admin", component: plain, meta: { module: "admin" } },
  { path: "/plain", component: plain },
  { path: "/a", component: viewOf("a") },
  { path: "/b", component: viewOf("b") },
];

const KeptViews = {
  render: () => h(RouterView, null, { default: ({ Component }) => h(KeepAlive, null, [Component && h(Component)]) }),
};

/** Mounts an app. Its plugin is installed once the router is at its first route. */
async function make(root = RouterView) {
  const router = createRouter({ history: createMemoryHistory(), routes });
  router.beforeEach(({ path }) => path !== "/admin");
  await router.push("/");
  const app = createApp(root).use(router).use(createNatero({ tracker, router }));
  app.mount(document.body.appendChild(document.createElement("div")));
  return { app, router };
}

/** A button with a directive whose value changes. */
function button() {
  const kind = ref("click");
  const value = ref(null);
  const setup = () => {
    const track = resolveDirective("track");
    return () => withDirectives(h("button", { id: "tracked" }, kind.value), [[track, value.value, kind.value]]);
  };
  createApp({ setup })
    .use(createNatero({ tracker }))
    .mount(document.body.appendChild(document.createElement("div")));
  return { kind, value };
}

Object.assign(window, { KeptViews, make, button });
