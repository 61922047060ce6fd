// An app of ../../projects that is edited while Vite serves it, in a single open page: records
// what the page sends, and what was counted of it.

import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { open } from "../../support/browser.mjs";
import { until } from "../../support/collector.mjs";
import { browser, collector } from "../../support/counting.mjs";
import { App, PROJECTS } from "./app.mjs";

// Time limit of a step of the page on a busy machine, in ms.
const PATIENCE = 120_000;

/** How a project is built and served. */
export async function wayOf(name) {
  const { default: ways } = await import(`${PROJECTS}${name}/project.mjs`);
  return ways[0];
}

/** The events that a page sends, without duplicates. */
function sentBy(page) {
  const events = new Map();
  page.on("request", (request) => {
    if (request.method() !== "POST" || !request.url().startsWith(collector.origin)) return;
    const body = request.postDataBuffer() ?? Buffer.alloc(0);
    const text = request.headers()["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    for (const line of text.toString().split("\n").filter(Boolean)) {
      const event = JSON.parse(line);
      events.set(event.event_id, event);
    }
  });
  return (action) => [...events.values()].filter((event) => event.action === action);
}

/** The app, opened as soon as its server answers. */
export class EditedApp {
  #app;
  #account;
  #site;
  #page;
  #said;
  #began = Date.now();
  #presses = 0;
  /** The events of an action that the page has sent. */
  sent;

  /**
   * Installs it, runs its development server for the first time, and opens it. From then on a
   * feature is used continuously, whatever is reloaded.
   * @param context The test context. The app is closed after the test.
   * @param entry The entry from which it imports the tracker.
   */
  static async open(context, name, entry) {
    const edited = new EditedApp();
    const way = await wayOf(name);
    edited.#app = new App(name);
    context.after(() => edited.#close());
    edited.#account = `edited-${name}-${entry.replace(/\W/g, "-")}`;
    edited.#app.configure(way, entry, collector, edited.#account);
    edited.#site = await edited.#app.develop(way);
    await edited.#step(() => edited.#visit());
    return edited;
  }

  async #visit() {
    const { page, said } = await open(browser);
    this.#page = page;
    this.#said = said;
    this.sent = sentBy(page);
    this.#began = Date.now();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(this.#site.origin);
    await page.waitForFunction(() => window.tracker);
    assert.equal(await page.evaluate(() => window.tracker.ready), true);
    await page.evaluate(() => {
      window.ticks = 0;
      window.ticking = setInterval(() => {
        window.tracker.sendFeatureEvent("tick");
        window.ticks += 1;
      }, 5);
    });
  }

  /** Edits one of its files, as a developer does. */
  edit(name, from, to) {
    this.#app.edit(name, from, to);
  }

  /** How often the file that constructs the tracker was loaded in the page. */
  async constructed(times) {
    await this.#step(() => this.#page.waitForFunction((expected) => window.constructed === expected, times));
  }

  /** Waits until the page is in a module. */
  async isIn(module) {
    await this.#step(() => this.#page.waitForFunction((name) => window.tracker.getModuleId() === name, module));
  }

  /** Presses the button with this text. Then checks that the collector has counted all presses so far once. */
  async press(text) {
    await this.#step(async () => {
      await this.#page.getByRole("button", { name: text }).click();
      this.#presses += 1;
      await this.#page.evaluate(() => window.tracker.flush());
      await this.#counts("export", this.#presses);
    });
  }

  async #counts(feature, times) {
    const uses = () => collector.uses(feature, this.#account);
    await until(async () => (await uses()) >= times, PATIENCE);
    assert.equal(await uses(), times, `uses of ${feature}`);
  }

  /** Does something. If that fails, the error includes the output of page and server. */
  async #step(work) {
    try {
      await work();
    } catch (error) {
      const said = `The console said: ${this.#said?.join("\n")}\nThe server said: ${this.#site.printed()}`;
      throw new Error(`${error.message}\n${said}`, { cause: error });
    }
  }

  /** Closes the app. Checks that everything was one visit, and nothing was lost or duplicated. */
  async end() {
    const ticks = await this.#page.evaluate(async () => {
      clearInterval(window.ticking);
      // Ends the module and the page view.
      window.tracker.reset();
      await window.tracker.flush();
      return window.ticks;
    });
    const elapsed = Date.now() - this.#began;
    assert.ok(ticks > 0, "the page was loaded again");
    await this.#counts("tick", ticks);
    await this.#counts("export", this.#presses);
    const features = this.sent("feature").map(({ feature }) => feature);
    assert.deepEqual(
      ["opened", "export", "tick"].map((name) => features.filter((feature) => feature === name).length),
      [1, this.#presses, ticks],
    );
    // One for the load, and one for the new visitor after the reset.
    assert.ok(this.sent("pageView").length <= 2, `${this.sent("pageView").length} views of one page`);
    assert.equal(this.sent("pageViewEnd").length, 1);
    const spent = this.sent("moduleEnd").reduce((sum, { time_spent }) => sum + time_spent, 0);
    assert.ok(spent <= elapsed, `${spent} ms in modules within ${elapsed} ms`);
    assert.deepEqual(
      this.#said.filter((line) => /natero:|^(?:thrown|error)/.test(line)),
      [],
    );
  }

  async #close() {
    await this.#page?.close();
    await this.#site?.close();
    this.#app.remove();
  }
}
