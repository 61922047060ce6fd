// A host page for the tests of a file: its collector, its console, and what it
// would see as unhandled. Importing this starts it before their first and ends
// it after their last.

import { after, before } from "node:test";
import { Collector, Console } from "./collector.mjs";

export let collector;
export let told;

/** Reasons of rejections that nobody handled. */
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
