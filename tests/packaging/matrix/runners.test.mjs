// Test runners: one test of an app replaces the tracker with the one that keeps events in memory.
// A test that does not replace it must not break because of the tracker.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Project } from "../support/project.mjs";
import { Table } from "../support/results.mjs";

const TOOLS = fileURLToPath(new URL("./node_modules", import.meta.url));
const [REPLACED, AS_IT_IS] = ["natero-wasm/testing", "natero-wasm"];

const table = new Table("runners", "test runner", [REPLACED, AS_IT_IS]);
after(() => table.write());

const APP = `
const tracker = new na("api", "auth", { accountId: "acme", userId: "ann" });
const exportReport = () => tracker.sendFeatureEvent("export", 3);`;
const APP_COMMON = `const { na } = require("natero-wasm");${APP}
module.exports = { exportReport, tracker };`;
const APP_MODULE = `import { na } from "natero-wasm";${APP}
export { exportReport, tracker };`;

const TOLD = `
test("an export is told", () => {
  exportReport();
  expectEvent({ action: "feature", feature: "export", total: expect.any(Number) });
});`;
const GOES_ON = `
test("the app goes on", async () => {
  exportReport();
  await tracker.ready;
});`;

/** Runs a test runner. Returns the number of the tracker's messages. */
function run(project, args) {
  try {
    return project.run("node", args).split("natero:").length - 1;
  } finally {
    project.remove();
  }
}

const MAPPED = { moduleNameMapper: { "^natero-wasm$": "natero-wasm/testing" } };

const jest = (files, config, flags = []) => {
  const project = new Project({ ...files, "jest.config.json": JSON.stringify({ ...config, transform: {} }) });
  return run(project, [...flags, join(TOOLS, "jest/bin/jest.js"), "--ci"]);
};

const jestCommon = (testEnvironment) => ({
  [REPLACED]: () => {
    const tested = `const { expectEvent } = require("natero-wasm/testing");
      const { exportReport } = require("./app.js");${TOLD}`;
    return jest({ "package.json": "{}", "app.js": APP_COMMON, "app.test.js": tested }, { testEnvironment, ...MAPPED });
  },
  [AS_IT_IS]: () => {
    const tested = `const { exportReport, tracker } = require("./app.js");${GOES_ON}`;
    return jest({ "package.json": "{}", "app.js": APP_COMMON, "app.test.js": tested }, { testEnvironment });
  },
});

const jestModules = (testEnvironment) => {
  const files = { "package.json": '{ "type": "module" }', "app.js": APP_MODULE };
  const flags = ["--experimental-vm-modules", "--no-warnings"];
  return {
    [REPLACED]: () => {
      const tested = `import { expect, test } from "@jest/globals";
        import { expectEvent } from "natero-wasm/testing";
        import { exportReport } from "./app.js";${TOLD}`;
      return jest({ ...files, "app.test.js": tested }, { testEnvironment, ...MAPPED }, flags);
    },
    [AS_IT_IS]: () => {
      const tested = `import { test } from "@jest/globals";
        import { exportReport, tracker } from "./app.js";${GOES_ON}`;
      return jest({ ...files, "app.test.js": tested }, { testEnvironment }, flags);
    },
  };
};

const vitest = (environment) => {
  const start = (tested) => {
    const packages = ["vitest", "happy-dom", "jsdom"].map((name) => [name, TOOLS]);
    const files = { "package.json": '{ "type": "module" }', "app.js": APP_MODULE, "app.test.js": tested };
    const project = new Project(files, packages);
    const config = ["run", "--root", project.folder, "--environment", environment];
    return run(project, [join(TOOLS, "vitest/vitest.mjs"), ...config]);
  };
  return {
    [REPLACED]: () =>
      start(`import { expect, test, vi } from "vitest";
        import { expectEvent } from "natero-wasm/testing";
        vi.mock("natero-wasm", () => import("natero-wasm/testing"));
        import { exportReport } from "./app.js";${TOLD}`),
    [AS_IT_IS]: () =>
      start(`import { test } from "vitest";
        import { exportReport, tracker } from "./app.js";${GOES_ON}`),
  };
};

const JSDOM = join(TOOLS, "jest-environment-jsdom/build/index.js");

const RUNNERS = {
  "Jest, CommonJS, node": jestCommon("node"),
  "Jest, CommonJS, jsdom": jestCommon(JSDOM),
  "Jest, modules, node": jestModules("node"),
  "Jest, modules, jsdom": jestModules(JSDOM),
  "Vitest, node": vitest("node"),
  "Vitest, jsdom": vitest("jsdom"),
  "Vitest, happy-dom": vitest("happy-dom"),
};

for (const [name, ways] of Object.entries(RUNNERS)) {
  test(`${name}: a test replaces the tracker by the one for tests`, () => {
    const row = table.record(name, REPLACED);
    assert.equal(ways[REPLACED](), 0);
    row("asserts");
  });

  test(`${name}: an app that does not replace it goes on`, () => {
    const row = table.record(name, AS_IT_IS);
    const times = ways[AS_IT_IS]();
    // jsdom's page in Jest has neither `fetch` nor `TextDecoder`.
    const isOff = name.startsWith("Jest") && name.endsWith("jsdom");
    assert.equal(times, isOff ? 1 : 0);
    row(isOff ? "is off, and says so once" : "runs");
  });
}
