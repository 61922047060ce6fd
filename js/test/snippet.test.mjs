// The stand-in that the pasted snippet creates until the classic script has loaded.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";

const source = readFileSync(new URL("../snippet.js", import.meta.url), "utf8");

/** The stand-in in a page of its own, whose script does not arrive. */
function standIn() {
  const page = { document: { createElement: () => ({}), head: { append() {} } }, performance };
  page.window = page;
  runInContext(source, createContext(page));
  page.na.page = page;
  return page.na;
}

test("a stand-in that is called without new sets nothing in the page", () => {
  const Na = standIn();
  const tracker = Na("k", "a", { userId: "ann" });
  assert.equal(tracker.getUserId(), "ann");
  assert.equal(new Na("k", "a", { userId: "bob" }).getUserId(), "bob");
  for (const name of ["ready", "stats", "reset", "flush"]) assert.equal(name in Na.page, false, name);
});

test("the getters of the stand-in answer with the ids as the script takes them", () => {
  const Na = standIn();
  const tracker = new Na("k", "a", { userId: " usr ", accountId: 7 });
  assert.deepEqual([tracker.getUserId(), tracker.getAccountId(), tracker.getModuleId()], ["usr", "7", null]);
  tracker.setUserId(5n);
  assert.equal(tracker.getUserId(), "5");
  tracker.setUserId({});
  tracker.setUserId(" ");
  tracker.setUserId();
  assert.equal(tracker.getUserId(), "5", "a refused value changes nothing");
  tracker.identifyUser("z");
  assert.equal(tracker.getUserId(), "z");
  tracker.setUserId(null);
  assert.equal(tracker.getUserId(), null);
  tracker.setModuleId("m");
  tracker.reset();
  assert.equal(tracker.getModuleId(), null);
});

test("settings that cannot be read throw nothing into the page", () => {
  const Na = standIn();
  const throwing = {
    get userId() {
      throw new Error("read");
    },
  };
  for (const settings of [undefined, null, 5, throwing]) {
    assert.equal(new Na("k", "a", settings).getUserId(), null);
  }
});
