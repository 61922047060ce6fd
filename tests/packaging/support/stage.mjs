// The browser of a test file, and access to what its pages send. Importing this module starts the
// browser before the first test. After the last test, everything in `closing` is ended.

import { after, before } from "node:test";
import { launch, open, serve } from "./browser.mjs";
import { Project } from "./project.mjs";

export let browser;
export let recordPage;

/** Functions that end something, called in reverse order. */
export const closing = [];

before(async () => {
  browser = await launch();
  closing.push(() => browser.close());
  const project = new Project({});
  closing.push(() => project.remove());
  ({ recordPage } = await import(`${project.folder}/node_modules/natero-wasm/testing.js`));
});
after(async () => {
  for (const close of closing.reverse()) await close();
});

/** Serves a project and opens an empty page whose requests are recorded. The headers may be changed until a page loads the project. */
export async function openFor(project, headers = {}, prepare = async () => {}) {
  const site = await serve(project.folder, headers);
  let events;
  const { page, said } = await open(browser, async (opened) => {
    events = await recordPage(opened);
    await prepare(opened);
  });
  closing.push(
    () => project.remove(),
    site.close,
    () => page.close(),
  );
  return { site, page, said, events };
}
