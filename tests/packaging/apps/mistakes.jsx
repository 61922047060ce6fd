// Apps that lack what the wrappers need: a provider, a tracker, or a single child element.

import { NateroProvider, Track, useModule, useNatero } from "natero-wasm/react";
import { createNatero, useModule as useModuleOfVue, useNatero as useNateroOfVue } from "natero-wasm/vue";
import { createRoot } from "react-dom/client";
import { createApp, h } from "vue";

window.tracker = { ready: Promise.resolve(true), getModuleId: () => null };

function Page({ id }) {
  useModule("reports");
  const tracker = useNatero();
  return (
    <>
      <button type="button" id={id} onClick={() => tracker.sendFeatureEvent("export")}>
        Export {String(tracker.getUserId())}
      </button>
      <Track feature="two">
        <i>one</i>
        <i>two</i>
      </Track>
      <Track feature="one">
        <button type="button" className="one" onClick={() => window.clicked.push(id)}>
          one
        </button>
      </Track>
    </>
  );
}

function Apps() {
  return (
    <>
      <Page id="no-provider" />
      <Page id="no-provider-again" />
      <NateroProvider userId="ann">
        <Page id="no-tracker" />
      </NateroProvider>
    </>
  );
}

window.clicked = [];
createRoot(document.getElementById("root")).render(<Apps />);

const setup = (id) => () => {
  useModuleOfVue("reports");
  const tracker = useNateroOfVue();
  return () => h("button", { id, onClick: () => tracker.flush().then(() => window.clicked.push(id)) }, "Export");
};
for (const [id, plugins] of [
  ["no-plugin", []],
  ["no-tracker-of-vue", [createNatero({})]],
]) {
  const app = createApp({ setup: setup(id) });
  for (const plugin of plugins) app.use(plugin);
  app.mount(document.body.appendChild(document.createElement("div")));
}
