// Builds the front-end examples and uses them as a person would.

import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { open, serve } from "../support/browser.mjs";
import { until } from "../support/collector.mjs";
import { browser, closing, collector } from "../support/counting.mjs";
import { Project } from "../support/project.mjs";
import { listen } from "../support/server.mjs";
import { PROJECTS } from "./support/app.mjs";

const TOOLS = fileURLToPath(new URL("./node_modules", import.meta.url));
const EXAMPLES = fileURLToPath(new URL("../../../examples/", import.meta.url));

for (const [name, folder, packages] of [
  ["React and Vite", "react-vite", ["react", "react-dom"]],
  ["Vue and its router", "vue", ["vue", "vue-router"]],
]) {
  test(`the example with ${name} tells of its views and features`, async () => {
    const project = new Project({}, packages);
    closing.push(() => project.remove());
    cpSync(join(EXAMPLES, folder), project.folder, {
      recursive: true,
      filter: (source) => !source.includes("node_modules"),
    });
    project.run("node", [join(TOOLS, "vite/bin/vite.js"), "build", "--logLevel", "warn"], {
      VITE_ENDPOINT: collector.origin,
      VITE_API_KEY: collector.source.api_key,
      VITE_AUTH_KEY: collector.source.auth_key,
    });
    const site = await serve(join(project.folder, "dist"));
    closing.push(site.close);
    await use(site.origin);
  });
}

/** Uses the app as a person would, and waits until the collector has counted that. */
async function use(address) {
  const exported = await collector.uses("export_report");
  const widgets = await collector.uses("add_widget");
  const { page } = await open(browser);
  await page.goto(address);
  await page.click("text=Add widget");
  await page.click("text=Reports");
  await page.fill("input", "7");
  await page.click("text=Export");
  await until(async () => (await collector.uses("export_report")) === exported + 7);
  await until(async () => (await collector.uses("add_widget")) === widgets + 1);
  await page.close();
  await inspect(address);
}

/** Opens the inspector as a developer would. The build must have made a loadable file of it. */
async function inspect(address) {
  const { page, said } = await open(browser);
  await page.goto(`${address}/?na_debug`);
  await page.click("text=Add widget");
  await page.locator("natero-inspector").getByText("add_widget").waitFor();
  assert.deepEqual(
    said.filter((line) => /^(?:thrown|error)/.test(line)),
    [],
  );
  await page.close();
}

test("the example with Next tells of its views and features, from components of the server", async () => {
  const project = Project.of(join(PROJECTS, "next"));
  closing.push(() => project.remove());
  for (const name of ["app", "tracker.js"]) rmSync(join(project.folder, name), { recursive: true });
  for (const name of ["app", "tracker.js"]) {
    cpSync(join(EXAMPLES, "next", name), join(project.folder, name), { recursive: true });
  }
  const environment = {
    NEXT_PUBLIC_ENDPOINT: collector.origin,
    NEXT_PUBLIC_API_KEY: collector.source.api_key,
    NEXT_PUBLIC_AUTH_KEY: collector.source.auth_key,
    NEXT_TELEMETRY_DISABLED: "1",
    NODE_ENV: "production",
  };
  const next = join(project.folder, "node_modules/next/dist/bin/next");
  project.run("node", [next, "build"], environment);
  const start = ["node", next, "start", "--hostname", "127.0.0.1", "--port", "PORT"];
  const site = await listen(start, project.folder, environment);
  closing.push(site.close);
  await use(site.origin);
});
