// The examples of front ends, built and used as a person would.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { open, serve } from "../support/browser.mjs";
import { until } from "../support/collector.mjs";
import { browser, closing, collector } from "../support/counting.mjs";
import { Project } from "../support/project.mjs";

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
    const before = await collector.uses("export_report");
    project.run("node", [join(TOOLS, "vite/bin/vite.js"), "build", "--logLevel", "warn"], {
      VITE_ENDPOINT: collector.origin,
      VITE_API_KEY: collector.source.api_key,
      VITE_AUTH_KEY: collector.source.auth_key,
    });
    const site = await serve(join(project.folder, "dist"));
    closing.push(site.close);
    const { page } = await open(browser);
    await page.goto(site.origin);
    const widgets = await collector.uses("add_widget");
    await page.click("text=Add widget");
    await page.click("text=Reports");
    await page.fill("input", "7");
    await page.click("text=Export");
    await until(async () => (await collector.uses("export_report")) === before + 7);
    await until(async () => (await collector.uses("add_widget")) === widgets + 1);
    await page.close();
  });
}
