// The apps of ../../projects, each with a framework of its own: installed as its lock says,
// built and served. The `project.mjs` in each says how:
//
// - `name`: what it is tried with
// - `tracker`: the file that constructs the tracker
// - `uses`: other entries of the package that it imports, such as `react`
// - `build`: the program that builds it, with its arguments
// - `warns`: what this warns of in every app
// - `made`: the folder that this makes; `scripts`, the one of what browsers load, if that is another
// - `start`: the program that serves it then; without one, a server of files does
// - `dev`: the server for those who develop the app
// - `paths`: its pages, if it has others than `/`

import { readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "../../support/browser.mjs";
import { Project } from "../../support/project.mjs";
import { listen } from "../../support/server.mjs";

export const PROJECTS = fileURLToPath(new URL("../../projects/", import.meta.url));

// Nobody is asked, and those who made a tool are told nothing.
const QUIET = {
  ASTRO_TELEMETRY_DISABLED: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  NUXT_TELEMETRY_DISABLED: "1",
  NG_CLI_ANALYTICS: "false",
  NO_COLOR: "1",
};

/** A copy of a project, and of what its lock names. */
export class App {
  #project;

  constructor(name) {
    this.name = name;
    this.#project = Project.of(join(PROJECTS, name));
    this.folder = this.#project.folder;
    this.natero = join(this.folder, "node_modules/natero-wasm");
    const manifest = JSON.parse(readFileSync(join(this.folder, "package.json"), "utf8"));
    const { version } = JSON.parse(readFileSync(join(this.natero, "package.json"), "utf8"));
    manifest.dependencies["natero-wasm"] = version;
    this.#project.write("package.json", JSON.stringify(manifest));
  }

  /** Has it track with this entry, and send to the collector for this account. */
  configure({ tracker }, entry, collector, account) {
    const text = readFileSync(join(PROJECTS, this.name, tracker), "utf8");
    const values = {
      '"natero-wasm"': JSON.stringify(entry),
      "YOUR-API-KEY": collector.source.api_key,
      "YOUR-AUTH-KEY": collector.source.auth_key,
      "https://usage.example.com": collector.origin,
      ACCOUNT: account,
    };
    this.#project.write(
      tracker,
      Object.entries(values).reduce((whole, [from, to]) => whole.replaceAll(from, to), text),
    );
  }

  /** Edits a file of it, as its developer does. */
  edit(name, from, to) {
    const text = readFileSync(join(this.folder, name), "utf8");
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
    // At once: a server that reads what is half written may keep that, since it takes what
    // follows within milliseconds for the same change.
    const whole = "node_modules/.edited";
    this.#project.write(whole, text.replaceAll(from, to));
    renameSync(join(this.folder, whole), join(this.folder, name));
  }

  /** Builds it; returns what the build printed. */
  build({ build: [program, ...args], made }) {
    rmSync(join(this.folder, made), { recursive: true, force: true });
    return this.#project.run(program, args, this.#environment("production"));
  }

  /** Serves what was built. */
  async start({ start, made }) {
    return start
      ? await listen(start, this.folder, this.#environment("production"))
      : await serve(join(this.folder, made));
  }

  /** Serves it to a developer. */
  async develop({ dev }) {
    return await listen(dev, this.folder, this.#environment("development"));
  }

  #environment(mode) {
    const PATH = `${join(this.folder, "node_modules/.bin")}:${process.env.PATH}`;
    return { ...QUIET, NODE_ENV: mode, PATH };
  }

  remove() {
    this.#project.remove();
  }
}
