// A host page for the tests of a file: its collector, its console, and unhandled rejections. Importing this starts it
// before the first test, and ends it after the last.

import { after, before } from "node:test";
import { Collector, Console } from "./collector.mjs";

export let collector;
export let told;

/** Reasons of unhandled rejections. */
export const unhandled = [];

const note = (reason) => unhandled.push(reason);

before(() => {
  collector = new Collector();
  told = new Console();
  process.on("unhandledRejection", note);
});

after(() => {
  process.off("unhandledRejection", note);
  told.close();
  collector.close();
});
