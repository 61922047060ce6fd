// Each framework builds an app with the package installed, without any configuration for wasm, and
// serves it both for production and for development. A person opens it in Chromium and presses a
// button, and the collector counts that.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { open } from "../support/browser.mjs";
import { until } from "../support/collector.mjs";
import { browser, closing, collector } from "../support/counting.mjs";
import { assertLean, MISSING, outcomeOf, pieceOfWasm } from "../support/output.mjs";
import { ENTRIES, Table } from "../support/results.mjs";
import { App, PROJECTS } from "./support/app.mjs";

const table = new Table("frameworks", "framework");
after(() => table.write());

/** Opens a page of the app as a person would, and presses its button. */
async function use(address, natero) {
  const { page, said } = await open(browser);
  const loaded = [];
  page.on("response", (response) => {
    if (response.url().endsWith(".js")) loaded.push(response.text());
  });
  try {
    await page.goto(address);
    await page.waitForFunction(() => window.tracker, undefined, { timeout: 60_000 });
    assert.equal(await page.evaluate(() => window.tracker.ready), true);
    await page.click("#export");
    await page.evaluate(() => window.tracker.flush());
    const piece = pieceOfWasm(natero);
    const texts = await Promise.allSettled(loaded);
    return { said, isWasmWithin: texts.some(({ value }) => value?.includes(piece)) };
  } catch (error) {
    throw new Error(`${error.message}\nThe console said: ${said.join("\n")}`, { cause: error });
  } finally {
    await page.close();
  }
}

/**
 * Opens the page until it works. A development server compiles on the first request, and then tells
 * the page to reload. A page that is not listening yet misses that.
 */
async function warm(address) {
  const { page, said } = await open(browser);
  try {
    await until(async () => {
      await page.goto(address);
      await page.waitForFunction(() => window.tracker, undefined, { timeout: 20_000 });
      await page.waitForLoadState("networkidle");
      return true;
    }, 120_000);
  } catch (error) {
    throw new Error(`${error.message}\nThe console said: ${said.join("\n")}`, { cause: error });
  } finally {
    await page.close();
  }
}

/** The account for which an app is used: each attempt has its own. */
const accountOf = (...words) => words.join("-").toLowerCase().replace(/\W+/g, "-");

const WARNING = /warn|deprecat/i;

let app;
closing.push(() => app?.remove());

/** The app of a project. The app of the previous project is closed. */
function install(name) {
  if (app?.name === name) return;
  app?.remove();
  app = undefined;
  app = new App(name);
}

function framework(name, ways) {
  for (const way of ways) {
    const { paths = ["/"] } = way;
    for (const entry of ENTRIES) {
      test(`${way.name}: ${entry} tracks`, async () => {
        const row = table.record(way.name, entry);
        const account = accountOf(way.name, entry);
        install(name);
        app.configure(way, entry, collector, account);
        const printed = app.build(way);
        assert.deepEqual(
          printed.split("\n").filter((line) => WARNING.test(line) && !way.warns?.test(line)),
          [],
        );
        const folder = join(app.folder, way.made);
        const files = assertLean({
          folder,
          scripts: join(app.folder, way.scripts ?? way.made),
          natero: app.natero,
          entry,
          uses: way.uses,
        });
        const site = await app.start(way);
        closing.push(site.close);
        const isLeftBehind = entry === "natero-wasm" && files === 0;
        for (const [at, path] of paths.entries()) {
          const { said, isWasmWithin } = await use(site.origin + path, app.natero);
          assert.deepEqual(
            said.filter((line) => !(isLeftBehind && MISSING.test(line))),
            [],
          );
          assert.equal(isWasmWithin, entry !== "natero-wasm" || isLeftBehind);
          for (const feature of ["opened", "export"]) {
            await until(async () => (await collector.uses(feature, account)) === at + 1);
          }
        }
        await site.close();
        row(outcomeOf(entry, files));
      });

      test(`${way.name}, dev server: ${entry} tracks`, async () => {
        const title = `${way.name}, dev server`;
        const row = table.record(title, entry);
        const account = accountOf(title, entry);
        install(name);
        app.configure(way, entry, collector, account);
        const site = await app.develop(way);
        closing.push(site.close);
        for (const [at, path] of paths.entries()) {
          await warm(site.origin + path);
          const { said } = await use(site.origin + path, app.natero);
          assert.deepEqual(
            said.filter((line) => /natero|^(?:thrown|warning|error)/.test(line)),
            [],
          );
          await until(async () => (await collector.uses("export", account)) === at + 1);
        }
        assert.doesNotMatch(site.printed(), /natero.*warn|warn.*natero/i);
        await site.close();
        row();
      });
    }
  }
}

for (const name of readdirSync(PROJECTS)) {
  const { default: ways } = await import(pathToFileURL(join(PROJECTS, name, "project.mjs")));
  framework(name, ways);
}
