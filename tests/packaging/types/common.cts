// What a CommonJS module may write.

import natero = require("natero-wasm");
import inline = require("natero-wasm/inline");
import testing = require("natero-wasm/testing");

const tracker: natero.na = new natero.na("api", "auth", { accountId: "acme" });
const same: natero.na = new inline.na("api", "auth");
const tested: natero.na = new testing.na<{ feature: "export" }>("api", "auth");
const byDefault: natero.na = new natero.default("api", "auth");
const event: natero.TrackedEvent = testing.expectEvent({ action: "feature", total: (total) => total > 1 });
const settings: natero.Settings = { beforeSend: (sent) => (sent.action === "feature" ? sent : null) };
// @ts-expect-error: the auth key is missing
new natero.na("api");

export = { byDefault, event, same, settings, tested, tracker };
