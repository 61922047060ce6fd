// The apps of ../../projects, each with its own framework: installed according to its lock file,
// built and served. The `project.mjs` in each of them has:
//
// - `name`: the name in the table of results
// - `tracker`: the file that constructs the tracker
// - `uses`: other entries of the package that it imports, such as `react`
// - `build`: the program that builds it, with its arguments
// - `warns`: a pattern of warnings that this program prints for every app
// - `made`: the output folder; `scripts`: the folder of the browser's scripts, if that is another
// - `start`: the program that serves the output; by default, a static file server
// - `dev`: the development server
// - `paths`: its pages, if there are others than `/`

import { readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "../../support/browser.mjs";
import { Project } from "../../support/project.mjs";
import { listen } from "../../support/server.mjs";

export const PROJECTS = fileURLToPath(new URL("../../projects/", import.meta.url));

// Disables questions and telemetry of the tools.
const QUIET = {
  ASTRO_TELEMETRY_DISABLED: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  NUXT_TELEMETRY_DISABLED: "1",
  NG_CLI_ANALYTICS: "false",
  NO_COLOR: "1",
};

/** A copy of a project, with the packages from its lock file. */
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

  /** Makes it track with this entry, and send to the collector for this account. */
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

  /** Edits one of its files, as a developer does. */
  edit(name, from, to) {
    const text = readFileSync(join(this.folder, name), "utf8");
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
    // The file is replaced in one step. A server that reads a partly written file may keep that
    // version, because it treats changes within milliseconds as one.
    const whole = "node_modules/.edited";
    this.#project.write(whole, text.replaceAll(from, to));
    renameSync(join(this.folder, whole), join(this.folder, name));
  }

  /** Builds it, and returns the output of the build. */
  build({ build: [program, ...args], made }) {
    rmSync(join(this.folder, made), { recursive: true, force: true });
    return this.#project.run(program, args, this.#environment("production"));
  }

  /** Serves the build. */
  async start({ start, made }) {
    return start
      ? await listen(start, this.folder, this.#environment("production"))
      : await serve(join(this.folder, made));
  }

  /** Runs its development server. */
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
