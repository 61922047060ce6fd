// Fresh projects in which the packed package is installed.

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of tests/packaging. */
export const TOOLS = fileURLToPath(new URL("../node_modules", import.meta.url));

export const TARBALL = process.env.NATERO_TARBALL;
if (!TARBALL) throw new Error("NATERO_TARBALL is not set: run `cargo xtask packaging`, which packs the npm package");

/** A program of a package that is installed in tests/packaging. */
export const tool = (name) => join(TOOLS, ".bin", name);

/** A folder in which only our package and the given files and packages are. */
export class Project {
  /**
   * @param files The contents of its files, by name.
   * @param packages Other packages to install: names, or names with the folder from which to take them.
   */
  constructor(files, packages = []) {
    this.folder = mkdtempSync(join(tmpdir(), "natero-packaging-"));
    this.#unpack();
    for (const [name, from] of packages.map((named) => (Array.isArray(named) ? named : [named, TOOLS]))) {
      const place = join(this.folder, "node_modules", name);
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(join(from, name), place);
    }
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  /** A copy of a folder, with the packages from its lock file. */
  static of(source) {
    const project = new Project({});
    cpSync(source, project.folder, { recursive: true, filter: (name) => !name.endsWith("node_modules") });
    // `npm ci` first removes everything that is installed.
    project.run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    project.#unpack();
    return project;
  }

  #unpack() {
    const natero = join(this.folder, "node_modules/natero-wasm");
    mkdirSync(natero, { recursive: true });
    // In npm's tarballs, all paths start with `package/`.
    execFileSync("tar", ["-xzf", TARBALL, "-C", natero, "--strip-components=1"]);
  }

  write(name, text) {
    const place = join(this.folder, name);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
  }

  copy(from, name) {
    cpSync(from, join(this.folder, name));
  }

  /** Runs a program in the folder, and returns its output. If it fails, the error includes the output. */
  run(program, args, environment = {}) {
    const { status, error, stdout, stderr } = spawnSync(program, args, {
      cwd: this.folder,
      encoding: "utf8",
      env: { ...process.env, ...environment },
    });
    const printed = `${stdout}${stderr}`;
    if (status === 0) return printed;
    // A test runner shows the line that failed, which may be a whole bundle.
    const said = printed.replace(/^.{400}.*$/gm, (line) => `${line.slice(0, 400)}…`);
    throw new Error(`${program} ${args.join(" ")} failed: ${error ?? ""}\n${said}`);
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
