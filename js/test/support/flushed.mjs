// Pages that have recorded a feature and flushed it, with a clock that tests advance.

import { after, before } from "node:test";
import "./clock.mjs";
import { anew, Collector, Console, SETTINGS, settled } from "./collector.mjs";

export let told;

before(() => {
  told = new Console();
});

after(() => told.close());

/** A fresh page that has recorded one feature and flushed it. */
export async function flushed(settings, ...answers) {
  const collector = new Collector(...answers);
  const na = await anew();
  const problems = [];
  const tracker = new na("api", "auth", { ...SETTINGS, onError: (problem) => problems.push(problem), ...settings });
  await tracker.ready;
  tracker.sendFeatureEvent("f", { details: { text: "x".repeat(3_000) } });
  const flush = tracker.flush();
  await settled();
  await settled();
  const close = () => {
    tracker.shutdown();
    collector.close();
    told.take();
    told.take("log");
  };
  return { tracker, collector, problems, flush, close };
}
