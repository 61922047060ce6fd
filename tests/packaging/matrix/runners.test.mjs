// Test runners: an app's test replaces the tracker by the one that keeps events in memory,
// and an app that does not is not broken by the tracker.

import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Project } from "../support/project.mjs";

const TOOLS = fileURLToPath(new URL("./node_modules", import.meta.url));

const APP_COMMON = `
const { na } = require("natero-wasm");
const tracker = new na("api", "auth", { accountId: "acme", userId: "ann" });
exports.exportReport = () => tracker.sendFeatureEvent("export", 3);
exports.tracker = tracker;`;
const APP_MODULE = APP_COMMON.replace("const { na } = require(", "import { na } from (")
  .replace('from ("natero-wasm")', 'from "natero-wasm"')
  .replace("exports.exportReport =", "export const exportReport =")
  .replace("exports.tracker = tracker;", "export { tracker };");

const jest = (project, config, flags = []) => {
  project.write("jest.config.json", JSON.stringify({ ...config, transform: {} }));
  project.run("node", [...flags, join(TOOLS, "jest/bin/jest.js"), "--ci"]);
  project.remove();
};

const TESTED_COMMON = `
const { expectEvent } = require("natero-wasm/testing");
const { exportReport } = require("./app.js");
test("an export is told", () => {
  exportReport();
  expectEvent({ action: "feature", feature: "export", total: expect.any(Number) });
});`;

for (const environment of ["node", join(TOOLS, "jest-environment-jsdom/build/index.js")]) {
  const name = environment === "node" ? "node" : "jsdom";
  test(`Jest, CommonJS, ${name}: the module is mapped to the one for tests`, () => {
    const project = new Project({ "package.json": "{}", "app.js": APP_COMMON, "app.test.js": TESTED_COMMON });
    jest(project, { testEnvironment: environment, moduleNameMapper: { "^natero-wasm$": "natero-wasm/testing" } });
  });

  test(`Jest, CommonJS, ${name}: an app that does not replace it runs`, () => {
    const tested = `
      const { exportReport } = require("./app.js");
      test("the app goes on", () => { exportReport(); });`;
    const project = new Project({ "package.json": "{}", "app.js": APP_COMMON, "app.test.js": tested });
    jest(project, { testEnvironment: environment });
  });
}

test("Jest, modules: the module is mapped to the one for tests", () => {
  const tested = `
    import { expect, test } from "@jest/globals";
    import { expectEvent } from "natero-wasm/testing";
    import { exportReport } from "./app.js";
    test("an export is told", () => {
      exportReport();
      expectEvent({ action: "feature", feature: "export", total: expect.any(Number) });
    });`;
  const project = new Project({ "package.json": '{ "type": "module" }', "app.js": APP_MODULE, "app.test.js": tested });
  const config = { testEnvironment: "node", moduleNameMapper: { "^natero-wasm$": "natero-wasm/testing" } };
  jest(project, config, ["--experimental-vm-modules"]);
});

test("Vitest, node: the module is replaced by the one for tests", () => {
  const tested = `
    import { expect, test, vi } from "vitest";
    import { expectEvent } from "natero-wasm/testing";
    vi.mock("natero-wasm", () => import("natero-wasm/testing"));
    import { exportReport } from "./app.js";
    test("an export is told", () => {
      exportReport();
      expectEvent({ action: "feature", feature: "export", total: expect.any(Number) });
    });`;
  const project = new Project({ "package.json": '{ "type": "module" }', "app.js": APP_MODULE, "app.test.js": tested }, [
    ["vitest", TOOLS],
  ]);
  project.run("node", [join(TOOLS, "vitest/vitest.mjs"), "run", "--root", project.folder]);
  project.remove();
});
