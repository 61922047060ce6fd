// Fresh projects that have installed the packed package.

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of what the package is tried with. */
export const TOOLS = fileURLToPath(new URL("../node_modules", import.meta.url));

export const TARBALL = process.env.NATERO_TARBALL;
if (!TARBALL) throw new Error("NATERO_TARBALL is not set: run `cargo xtask packaging`, which packs the npm package");

/** A program of a package that lies beside this. */
export const tool = (name) => join(TOOLS, ".bin", name);

/** A folder that has the package, and nothing else but what is named. */
export class Project {
  /**
   * @param files What lies in it, by name.
   * @param packages Other packages that it has installed: names, or names with the folder that they are in.
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

  /** A copy of a folder, with what its lock names. */
  static of(source) {
    const project = new Project({});
    cpSync(source, project.folder, { recursive: true, filter: (name) => !name.endsWith("node_modules") });
    // It begins by removing all that is installed.
    project.run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    project.#unpack();
    return project;
  }

  #unpack() {
    const natero = join(this.folder, "node_modules/natero-wasm");
    mkdirSync(natero, { recursive: true });
    // Tarballs of npm name everything `package/…`.
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

  /** Runs a program in the folder; returns all that it printed, which is part of the error if it fails. */
  run(program, args, environment = {}) {
    const { status, error, stdout, stderr } = spawnSync(program, args, {
      cwd: this.folder,
      encoding: "utf8",
      env: { ...process.env, ...environment },
    });
    const printed = `${stdout}${stderr}`;
    if (status === 0) return printed;
    // A runner shows the line that failed, which may be all of a bundle.
    const said = printed.replace(/^.{400}.*$/gm, (line) => `${line.slice(0, 400)}…`);
    throw new Error(`${program} ${args.join(" ")} failed: ${error ?? ""}\n${said}`);
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
