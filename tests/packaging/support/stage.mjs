// The browser of a file of tests, and how to hear what its pages send. Importing this
// starts it before their first and ends everything in `closing` after their last.

import { after, before } from "node:test";
import { launch, open, serve } from "./browser.mjs";
import { Project } from "./project.mjs";

export let browser;
export let recordPage;

/** What ends, the latest first. */
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

/** Serves a project, with headers that may change as long as no page asks for it, and opens a page that is led nowhere yet. What that sends is recorded. */
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
