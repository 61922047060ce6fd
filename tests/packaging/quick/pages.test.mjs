// Pages without a bundler: locations of the scripts, headers of a page, and workers. The collector
// counts the event of each.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { open, serve } from "../support/browser.mjs";
import { app, browser, closing, collector, visit } from "../support/counting.mjs";
import { Project } from "../support/project.mjs";
import { ENTRIES, Table } from "../support/results.mjs";

const [MAIN, INLINE] = ENTRIES;
const CLASSIC = "natero-wasm/natero.global.js";
const FILES = { [MAIN]: "index.js", [INLINE]: "inline.js", [CLASSIC]: "natero.global.js" };
const PKG = "/node_modules/natero-wasm/";
const HEAD = '<!doctype html><title>App</title><link rel="icon" href="data:,">';

const table = new Table("pages", "page", [MAIN, INLINE, CLASSIC]);
after(() => table.write());

/** The script of an app, given the code that loads `na`. */
const script = (entry, feature, { from = `${PKG}${FILES[entry]}`, tell } = {}) =>
  `${entry === CLASSIC ? "" : `import { na } from "${from}";`}${app(feature, tell)}`;

/** A page that loads an entry by tags, with these attributes. */
const tags = (entry, { attributes = "", pkg = PKG } = {}) =>
  entry === CLASSIC
    ? `<script ${attributes} src="${pkg}${FILES[entry]}"></script><script ${attributes} src="app.js"></script>`
    : `<script type="module" ${attributes} src="app.js"></script>`;

/** A page with these headers. */
const withHeaders =
  (headers, attributes = "") =>
  (entry, feature) => ({
    files: { "index.html": HEAD + tags(entry, { attributes }), "app.js": script(entry, feature) },
    headers: headers(),
  });

const policy = (text) => () => ({ "content-security-policy": text.replace("ORIGIN", collector.origin) });

/** A page that starts a worker and receives its result. */
const withWorker = (start) => (entry, feature) => {
  const isClassic = entry === CLASSIC;
  const tell = start.includes("serviceWorker")
    ? "for (const client of await clients.matchAll({ includeUncontrolled: true })) client.postMessage"
    : "postMessage";
  const load = isClassic ? `importScripts("${PKG}${FILES[entry]}");` : "";
  return {
    files: {
      "index.html": `${HEAD}<script>${start.replace("TYPE", isClassic ? "classic" : "module")}</script>`,
      "worker.js": `${load}${script(entry, feature, { tell })}`,
    },
  };
};

const WORKER = `new Worker("worker.js", { type: "TYPE" }).onmessage = ({ data }) => { window.outcome = data; };`;
const SERVICE_WORKER = `
  navigator.serviceWorker.onmessage = ({ data }) => { window.outcome = data; };
  navigator.serviceWorker.register("worker.js", { type: "TYPE" });`;

/** Serves only the package, for pages of other origins. */
async function otherOrigin() {
  const project = new Project({});
  const site = await serve(`${project.folder}${PKG}`, { "access-control-allow-origin": "*" });
  closing.push(site.close, () => project.remove());
  const integrity = JSON.parse(readFileSync(`${project.folder}${PKG}integrity.json`, "utf8"));
  return { origin: `${site.origin}/`, integrity };
}

// A browser reports when a policy forbids wasm, and the tracker cannot find that out without
// trying.
const REPORTS = /Content Security Policy|Trusted Type/;

/** The pages: the files of each, its headers, and the browser's own messages. */
const PAGES = {
  "scripts on the page's origin": [withHeaders(() => ({}))],
  "another origin, by an import map": [
    async (entry, feature) => {
      const { origin } = await otherOrigin();
      const imports = { [entry]: `${origin}${FILES[entry]}` };
      return {
        files: {
          "index.html": `${HEAD}<script type="importmap">${JSON.stringify({ imports })}</script>${tags(entry)}`,
          "app.js": script(entry, feature, { from: entry }),
        },
      };
    },
    { entries: ENTRIES },
  ],
  "another origin, a tag with `integrity`": [
    async (entry, feature) => {
      const { origin, integrity } = await otherOrigin();
      const tag = `<script crossorigin integrity="${integrity[FILES[entry]]}" src="${origin}${FILES[entry]}"></script>`;
      return { files: { "index.html": `${HEAD}${tag}<script>${script(entry, feature)}</script>` } };
    },
    { entries: [CLASSIC] },
  ],
  "a tag with `async`": [
    (entry, feature) => ({
      files: {
        "index.html": `${HEAD}<script>function start() { ${script(entry, feature)} }</script>
          <script async src="${PKG}${FILES[entry]}" onload="start()"></script>`,
      },
    }),
    { entries: [CLASSIC] },
  ],
  "`file://`": [
    (entry, feature) => ({
      files: {
        "index.html": `${HEAD}<script src=".${PKG}${FILES[entry]}"></script><script>${script(entry, feature)}</script>`,
      },
      isFile: true,
    }),
    // No browser loads a module from a file.
    { entries: [CLASSIC] },
  ],
  "COOP `same-origin` and COEP `require-corp`": [
    withHeaders(() => ({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    })),
    { isIsolated: true },
  ],
  "CSP with `'wasm-unsafe-eval'`": [
    withHeaders(
      policy("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ORIGIN; img-src data:"),
    ),
  ],
  "CSP `script-src 'self'`": [
    withHeaders(policy("default-src 'none'; script-src 'self'; connect-src 'self' ORIGIN; img-src data:")),
    { quiet: REPORTS },
  ],
  "CSP with a nonce and `'strict-dynamic'`": [
    withHeaders(policy("object-src 'none'; base-uri 'none'; script-src 'nonce-abc' 'strict-dynamic'"), 'nonce="abc"'),
    { quiet: REPORTS },
  ],
  "CSP with trusted types": [
    withHeaders(policy("script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'")),
    { quiet: REPORTS },
  ],
  "a module worker": [withWorker(WORKER), { entries: ENTRIES }],
  "a classic worker": [withWorker(WORKER), { entries: [CLASSIC] }],
  "a service worker": [withWorker(SERVICE_WORKER), { entries: [INLINE, CLASSIC] }],
};

for (const [name, [make, options = {}]] of Object.entries(PAGES)) {
  for (const entry of options.entries ?? Object.keys(FILES)) {
    test(`${name}: ${entry} tracks`, async () => {
      const row = table.record(name, entry);
      const feature = `${name} ${entry}`;
      const { files, headers, isFile } = await make(entry, feature);
      const project = new Project(files);
      closing.push(() => project.remove());
      const site = await serve(project.folder, headers);
      closing.push(site.close);
      const address = isFile ? pathToFileURL(`${project.folder}/index.html`).href : site.origin;
      const { isIsolated } = await visit(address, feature, options.quiet);
      assert.equal(isIsolated, options.isIsolated ?? false);
      row();
    });
  }
}

test("a service worker: natero-wasm says why it cannot be loaded", async () => {
  // No browser allows a service worker to import modules later.
  const row = table.record("a service worker", MAIN);
  const project = new Project(withWorker(SERVICE_WORKER)(MAIN, "never").files);
  const site = await serve(project.folder);
  const { page } = await open(browser);
  closing.push(
    () => project.remove(),
    site.close,
    () => page.close(),
  );
  await page.goto(site.origin);
  await page.waitForFunction(() => window.outcome);
  const [message] = await page.evaluate(() => window.outcome.told);
  assert.match(message, /Loading failed.*import\(\) is disallowed/);
  row("says why not");
});
