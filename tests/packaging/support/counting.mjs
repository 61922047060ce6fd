// The browser of a test file, and the real collector that counts what its pages send. Importing
// this module starts both before the first test. After the last test, everything in `closing` is
// ended.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch, open } from "./browser.mjs";
import { Collector, until } from "./collector.mjs";

export let browser;
export let collector;

/** Functions that end something, called in reverse order. */
export const closing = [];

before(async () => {
  browser = await launch();
  closing.push(() => browser.close());
  collector = await Collector.start();
  closing.push(() => collector.close());
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

/** An app that has loaded `na`: it uses one feature, and reports the result with `tell`. */
export const app = (feature, tell = "window.outcome =") => `
  const told = [];
  const tracker = new na("${collector.source.api_key}", "${collector.source.auth_key}", {
    endpoint: "${collector.origin}", accountId: "acme", userId: "ann", flushInterval: 50,
    onError: ({ message }) => told.push(message) });
  tracker.sendFeatureEvent(${JSON.stringify(feature)});
  tracker.ready.then(async (ready) => { ${tell} ({ ready, told, ...(await tracker.flush()) }); });`;

/**
 * Opens the page of an app, and waits until the collector has counted its feature.
 * Returns the console output, and whether the page was isolated from other origins.
 * @param quiet A pattern of allowed console messages: of the browser about a policy, or of a development server.
 */
export async function visit(address, feature, quiet = /^$/) {
  const { page, said } = await open(browser);
  try {
    await page.goto(address);
    await page.waitForFunction(() => window.outcome?.delivered || window.outcome?.ready === false, undefined, {
      timeout: 60_000,
    });
    const { ready, told } = await page.evaluate(() => window.outcome);
    assert.deepEqual([ready, told], [true, []]);
    await until(async () => (await collector.uses(feature)) === 1);
    assert.deepEqual(
      said.filter((line) => !quiet.test(line)),
      [],
    );
    return { said, isIsolated: await page.evaluate(() => window.crossOriginIsolated) };
  } catch (error) {
    throw new Error(`${error.message}\nThe console said: ${said.join("\n")}`, { cause: error });
  } finally {
    await page.close();
  }
}
