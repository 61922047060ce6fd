// What apps write with the wrappers.

import { na } from "natero-wasm";
import { declarative } from "natero-wasm/declarative";
import { open } from "natero-wasm/inspector";
import {
  NateroProvider,
  type NateroProviderProps,
  Track,
  type TrackProps,
  useModule,
  useNatero,
} from "natero-wasm/react";
import { na as tested } from "natero-wasm/testing";
import * as vue from "natero-wasm/vue";
import { createElement } from "react";
import { createApp, ref } from "vue";

const tracker = new na<{ feature: "export" }>("api", "auth");
const stop: () => void = declarative(tracker, { root: document.body });
const provider: NateroProviderProps = { tracker: new tested("api", "auth"), accountId: "acme", userId: null };
const element = createElement(NateroProvider, provider, createElement(Track, { feature: "export", on: "show" }));
const track: TrackProps = { feature: "export", total: 3, details: { format: "csv" } };
const shown: Promise<boolean> = tracker.inspect(open);
// @ts-expect-error: no such event
const wrong: TrackProps = { feature: "export", on: "hover" };
const component = (): na => {
  useModule("reports");
  return useNatero();
};
const app = createApp({}).use(vue.createNatero({ tracker }));
const setup = (): na => {
  vue.useModule(ref("reports"));
  vue.useModule(() => null);
  return vue.useNatero();
};

export { app, component, element, setup, shown, stop, track, wrong };
