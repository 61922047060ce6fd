// A user belongs to one account.

import assert from "node:assert/strict";
import { test } from "node:test";
import { na, SETTINGS, state } from "./support/collector.mjs";
import { told } from "./support/host.mjs";

test("an account that changes under its user is warned of once, with the user and what to do", async () => {
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  tracker.setAccountId("other");
  tracker.setAccountId("other");
  const warnings = told.take("warn");
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /^natero: the account changed under user ann, .+ set the user first\.$/);
  assert.equal(state(tracker).account, "other");
  assert.deepEqual(told.take(), [], "a warning is no error");
  tracker.shutdown();
});

test("a user who signs in with an account of their own is not warned of", async () => {
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  tracker.setUserId("bob");
  tracker.setAccountId("bolt");
  assert.deepEqual(told.take("warn"), []);
  tracker.shutdown();
});
